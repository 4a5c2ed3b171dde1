"""Charts as inline SVG: drawn by hand, so that they follow the page's colours in light and dark and weigh nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

import numpy as np

from kinema.evaluation.calibration import Reliability

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


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`."""
    rough = max(high - low, 1e-9) / about
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first = np.ceil(low / step - 1e-9) * step
    return [float(round(value, 10)) for value in np.arange(first, high + step * 1e-6, step)]


def figure(inside: str, says: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """An SVG that says in words what it shows, for those who do not see it."""
    return (f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(says)}">'
            f"<title>{escape(says)}</title>{inside}</svg>")


def grid(axes: Axes, x_name: str, as_percent: bool) -> str:
    """The horizontal lines with their numbers, and the numbers below."""
    parts = []
    for value in ticks(axes.y_low, axes.y_high):
        text = f"{value:.0%}" if as_percent else f"{value:g}"
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axes.y(value):.1f}" y2="{axes.y(value):.1f}"/>'
                     f'<text class="tick" x="{LEFT - 7}" y="{axes.y(value) + 4:.1f}" text-anchor="end">{text}</text>')
    for value in ticks(axes.x_low, axes.x_high, 6):
        parts.append(f'<text class="tick" x="{axes.x(value):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
                     f"{value:g}</text>")
    parts.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">{escape(x_name)}</text>')
    return "".join(parts)


def curves(lines: Sequence[Line], says: str, x_name: str = "epoch", as_percent: bool = False) -> str:
    """Lines over a common x; their names are set by the page's own legend."""
    lines = [line for line in lines if len(line.xs)]
    if not lines:
        return ""
    xs, ys = (np.concatenate([np.asarray(getattr(line, name), float) for line in lines]) for name in ("xs", "ys"))
    high = float(np.nanmax(ys))
    axes = Axes(float(xs.min()), max(float(xs.max()), float(xs.min()) + 1), 0.0, 1.0 if as_percent else high * 1.05 or 1.0)
    drawn = [grid(axes, x_name, as_percent)]
    for line in lines:
        points = [(axes.x(x), axes.y(y)) for x, y in zip(line.xs, line.ys, strict=True)]
        drawn.append(f'<polyline class="line {line.style}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        drawn.append(f'<circle class="dot {line.style}" cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3.5">'
                     f"<title>{escape(line.name)}: {_value(line.ys[-1], as_percent)}</title></circle>")
    return figure("".join(drawn), says)


def reliability_chart(table: Reliability, says: str) -> str:
    """How often answers of each confidence are right, against the line of perfect honesty; wider dots: more answers."""
    axes = Axes(0.0, 1.0, 0.0, 1.0)
    drawn = [grid(axes, "score", as_percent=True),
             f'<line class="ideal" x1="{axes.x(0)}" y1="{axes.y(0)}" x2="{axes.x(1)}" y2="{axes.y(1)}"/>']
    seen = np.flatnonzero(table.counts)
    path = " ".join(f"{axes.x(table.confidence[k]):.1f},{axes.y(table.accuracy[k]):.1f}" for k in seen)
    drawn.append(f'<polyline class="line s0 faint" points="{path}"/>')
    for k in seen:
        radius = 3 + 9 * (table.counts[k] / table.counts.max()) ** 0.5
        drawn.append(f'<circle class="bubble s0" cx="{axes.x(table.confidence[k]):.1f}" '
                     f'cy="{axes.y(table.accuracy[k]):.1f}" r="{radius:.1f}"><title>{table.counts[k]} answers with a score '
                     f"of about {table.confidence[k]:.0%}: {table.accuracy[k]:.0%} right</title></circle>")
    return figure("".join(drawn), says)


def _value(value: float, as_percent: bool) -> str:
    return f"{value:.1%}" if as_percent else f"{value:.3g}"
