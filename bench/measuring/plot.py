"""Panels of horizontal bars as one plain SVG, readable on a light and on a dark page."""
import math
from xml.sax.saxutils import escape

WIDTH, LABELS, VALUES = 900, 250, 150  # pixels: the whole, the column of labels, room for the figure after a bar
ROW, BAR, GAP = 24, 14, 34
TITLE, AXIS = 28, 44
STYLE = """
text { font: 13px sans-serif; fill: #24292f }
.title { font-weight: bold; font-size: 15px }
.small { font-size: 11px; fill: #57606a }
.ours { fill: #0969da } .peer { fill: #8c959f }
.grid { stroke: #d0d7de; stroke-width: 1 }
.range { stroke: #24292f; stroke-width: 1.5 }
.goal { stroke: #cf222e; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9da7b3 }
  .ours { fill: #4493f8 } .peer { fill: #6e7681 }
  .grid { stroke: #3d444d } .range { stroke: #e6edf3 } .goal { stroke: #ff7b72 }
}
"""


def nice_step(top):
    """A round distance of axis ticks: about five of them up to `top`."""
    rough = top / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)


class Canvas:
    def __init__(self):
        self.parts, self.y = [], 8

    def text(self, x, y, words, anchor="start", kind=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def panel(self, panel):
        top = max([*(max(bar.value, bar.high, bar.goal) for bar in panel.bars), 1e-9])
        step = nice_step(top)
        ticks = math.ceil(top / step - 1e-9)
        wide = WIDTH - LABELS - VALUES

        def at(value):
            return LABELS + wide * value / (ticks * step)

        self.text(8, self.y + 16, panel.title, kind="title")
        first, bottom = self.y + TITLE, self.y + TITLE + ROW * len(panel.bars)
        for tick in range(ticks + 1):
            self.line(at(tick * step), first, at(tick * step), bottom, "grid")
            self.text(at(tick * step), bottom + 14, f"{tick * step:g}", "middle", "small")
        self.text(LABELS + wide / 2, bottom + 30, panel.unit, "middle", "small")
        for row, bar in enumerate(panel.bars):
            self.bar(bar, first + ROW * row, at)
        self.y = bottom + AXIS + GAP - ROW

    def bar(self, bar, y, at):
        middle = y + ROW / 2
        self.text(LABELS - 8, middle + 4, bar.label, "end")
        self.parts.append(f'<rect x="{LABELS}" y="{middle - BAR / 2:.1f}" width="{max(at(bar.value) - LABELS, 1):.1f}" '
                          f'height="{BAR}" class="{"ours" if bar.ours else "peer"}"/>')
        if bar.high > bar.low:
            self.line(at(bar.low), middle, at(bar.high), middle, "range")
        if bar.goal:
            self.line(at(bar.goal), y + 1, at(bar.goal), y + ROW - 1, "goal")
        figure = f"{bar.value:.2f}" + (f"  (goal {bar.goal:g})" if bar.goal else "")
        self.text(max(at(bar.value), at(bar.high), at(bar.goal)) + 6, middle + 4, figure)


def svg(panels):
    canvas = Canvas()
    for panel in panels:
        canvas.panel(panel)
    canvas.text(8, canvas.y + 4, "blue: quietus; grey: others; thin line: range of the runs; red: goal", kind="small")
    height = canvas.y + 16
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'role="img">\n<title>quietus beside other tools</title>\n<style>{STYLE}</style>\n'
            + "\n".join(canvas.parts) + "\n</svg>\n")
