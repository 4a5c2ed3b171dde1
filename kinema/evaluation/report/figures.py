"""Charts: curves over epochs, and scores against how often they are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np

from kinema.evaluation.calibration import Reliability
from kinema.evaluation.report.svg import figure, tag, tip, words

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 460, 250, 46, 34, 16, 14


@dataclass(frozen=True)
class Line:
    """A curve: its name, its points, and which of the page's colours (a CSS class) it has."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    style: str


@dataclass(frozen=True)
class Axes:
    """Where values lie on a chart of the common size."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return LEFT + (value - self.x_low) / max(self.x_high - self.x_low, 1e-9) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return TOP + (self.y_high - value) / max(self.y_high - self.y_low, 1e-9) * (HEIGHT - TOP - BOTTOM)

    def points(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        """A polyline's points."""
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`."""
    rough = max(high - low, 1e-9) / about
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first = np.ceil(low / step - 1e-9) * step
    return [float(round(value, 10)) + 0.0 for value in np.arange(first, high + step * 1e-6, step)]  # never -0


def grid(axes: Axes, x_name: str, as_percent: bool, x_ticks: Sequence[float]) -> list[str]:
    """The horizontal lines with their numbers, and the numbers below."""
    drawn = [words(x_name, WIDTH - RIGHT, HEIGHT - 3, "tick", "end")]
    for value in ticks(axes.y_low, axes.y_high):
        y = axes.y(value)
        drawn.append(tag("line", style="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y))
        drawn.append(words(f"{value:.0%}" if as_percent else f"{value:g}", LEFT - 7, y + 4, "tick", "end"))
    for value in x_ticks:
        text = f"{value:.0%}" if x_name == "score" else f"{value:g}"
        drawn.append(words(text, axes.x(value), HEIGHT - BOTTOM + 16, "tick", "middle"))
    return drawn


def curves(lines: Sequence[Line], says: str, x_name: str = "epoch", as_percent: bool = False) -> str:
    """Lines over a common x, from zero up; the page names them beside the chart. Empty without any point."""
    lines = [line for line in lines if len(line.xs)]
    if not lines:
        return ""
    xs = [float(x) for line in lines for x in line.xs]
    high = 1.0 if as_percent else (max(float(y) for line in lines for y in line.ys) * 1.05 or 1.0)
    axes = Axes(min(xs), max(max(xs), min(xs) + 1), 0.0, high)
    x_ticks = [value for value in ticks(axes.x_low, axes.x_high, 6) if value == round(value)]
    drawn = grid(axes, x_name, as_percent, x_ticks)
    for line in lines:
        last = f"{line.ys[-1]:.1%}" if as_percent else f"{line.ys[-1]:.3g}"
        drawn.append(tag("polyline", style=f"line {line.style}", points=axes.points(line.xs, line.ys)))
        drawn.append(tag("circle", tip(f"{line.name}: {last}"), style=f"dot {line.style}", cx=axes.x(line.xs[-1]),
                         cy=axes.y(line.ys[-1]), r=3.5))
    return figure(drawn, says, WIDTH, HEIGHT)


def reliability_chart(table: Reliability, says: str) -> str:
    """How often answers of each score are right, against the line of perfect honesty; larger dots: more answers."""
    axes = Axes(0.0, 1.0, 0.0, 1.0)
    seen = np.flatnonzero(table.counts)
    sure, right = table.confidence[seen].tolist(), table.accuracy[seen].tolist()
    drawn = [
        *grid(axes, "score", True, (0, 0.2, 0.4, 0.6, 0.8)),
        tag("line", style="ideal", x1=axes.x(0), y1=axes.y(0), x2=axes.x(1), y2=axes.y(1)),
        tag("polyline", style="line s0 faint", points=axes.points(sure, right)),
    ]
    for count, x, y in zip(table.counts[seen], sure, right, strict=True):
        says_more = tip(f"{count} answers with a score of about {x:.0%}: {y:.0%} right")
        radius = 3 + 9 * float(count / table.counts.max()) ** 0.5
        drawn.append(tag("circle", says_more, style="bubble s0", cx=axes.x(x), cy=axes.y(y), r=radius))
    return figure(drawn, says, WIDTH, HEIGHT)
