"""What every section of the bench stands on: devices, processes, tools, tables and the plot. Standard library only."""


class Fault(Exception):
    """The bench cannot go on: said on standard error, exit 70."""


class NotHere(Exception):
    """This machine cannot show it (a tool, a cgroup or the memory is missing): said in the table, no fault."""
