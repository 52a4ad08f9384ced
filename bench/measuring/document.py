"""Puts tables between the markers of docs/benchmarks.md: <!-- bench:NAME --> … <!-- /bench:NAME -->."""
import re

from . import Fault


def replace_between(document, name, text):
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if len(pattern.findall(document)) != 1:
        raise Fault(f"the document has no place for '{name}': {begin} … {end}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", document)
