"""What a section hands back, and how it becomes Markdown."""
import dataclasses


@dataclasses.dataclass
class Table:
    title: str
    head: list
    rows: list = dataclasses.field(default_factory=list)

    def markdown(self):
        lines = [self.head, ["---"] + ["--:"] * (len(self.head) - 1), *self.rows]
        title = [self.title, ""] if self.title else []
        return "\n".join(title + ["| " + " | ".join(map(str, line)) + " |" for line in lines])


@dataclasses.dataclass
class Bar:
    label: str
    value: float
    low: float = 0.0
    high: float = 0.0
    goal: float = 0.0  # 0: none
    ours: bool = False


@dataclasses.dataclass
class Panel:
    """One group of bars of the plot."""
    title: str
    unit: str
    bars: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Result:
    """A section's outcome. `intro` says size and count, `notes` what to know or what this machine could not show."""
    name: str
    intro: str = ""
    tables: list = dataclasses.field(default_factory=list)
    panels: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def markdown(self):
        parts = [self.intro, *(table.markdown() for table in self.tables), "\n".join(f"- {note}" for note in self.notes)]
        return "\n\n".join(part for part in parts if part)

    def to_json(self):
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(data):
        return Result(data["name"], data["intro"], [Table(**table) for table in data["tables"]],
                      [Panel(panel["title"], panel["unit"], [Bar(**bar) for bar in panel["bars"]]) for panel in data["panels"]],
                      data["notes"])
