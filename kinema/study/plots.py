"""Pictures of a table of results, as papers draw them: one function a figure, each gives a figure of matplotlib's."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from kinema.errors import KinemaError
from kinema.study.contributions import BASE, contributions
from kinema.study.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#4c5a6b", "#d1495b", "#2a9d8f", "#e9a03b", "#6a4c93", "#1982c4", "#8ac926", "#a0522d", "#ff7f9e", "#555555")
LARGEST_BUBBLE = 420.0  # points squared, of the network with most parameters
WIDTH, HEIGHT = 4.2, 3.2  # inches of a panel


def panels(rows: int, columns: int) -> tuple["Figure", list[list[Any]]]:
    """A figure of so many panels."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise KinemaError("Figures need matplotlib: pip install kinema[plots].") from error
    figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25, linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, axes.tolist()


def colours(results: Iterable[Result]) -> dict[str, str]:
    """A colour for each temporal module, the same in all figures of a table."""
    modules = sorted({one.module for one in results}, key=lambda module: (module != BASE, module))
    return {module: COLOURS[number % len(COLOURS)] for number, module in enumerate(modules)}


def datasets(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The rows of each data set."""
    found: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        found[one.data].append(one)
    return found


def cost(results: Sequence[Result]) -> "Figure":
    """Top-1 over the multiply-adds of a clip; a bubble's area is the network's parameters (Fig. 1)."""
    known, colour = datasets(one for one in results if one.gmacs), colours(results)
    figure, axes = panels(1, len(known))
    most = max(one.parameters or 1 for one in results)
    for axis, (data, found) in zip(axes[0], known.items(), strict=True):
        for one in sorted(found, key=lambda one: -(one.parameters or 0)):
            axis.scatter(one.gmacs, one.top1, s=LARGEST_BUBBLE * (one.parameters or most / 20) / most, alpha=0.55,
                         color=colour[one.module], linewidth=1 if one.tp else 0, edgecolor="black")
        axis.set(title=data, xscale="log", xlabel="GMACs of a clip", ylabel="top-1 (%)")
        axis.xaxis.set_major_formatter("{x:g}")
    legend(figure, colour, "black edge: with temporal pooling; area: parameters")
    return figure


def lengths(results: Sequence[Result]) -> "Figure":
    """Top-1 over the frames of a clip, a panel for each backbone and data set (Fig. 4); dashed: temporal pooling."""
    known, colour = datasets(results), colours(results)
    backbones = sorted({one.backbone for one in results})
    figure, axes = panels(len(known), len(backbones))
    for row, (data, found) in zip(axes, known.items(), strict=True):
        for axis, backbone in zip(row, backbones, strict=True):
            for (module, tp), points in curves(one for one in found if one.backbone == backbone).items():
                axis.plot(*zip(*points, strict=True), color=colour[module], marker="o", markersize=3.5,
                          linestyle="--" if tp else "-")
            axis.set_xscale("log", base=2)
            ticks = sorted({one.frames for one in found})
            axis.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
            axis.set(title=f"{data}, {backbone}", xlabel="frames", ylabel="top-1 (%)")
    legend(figure, colour, "dashed: with temporal pooling")
    return figure


def pooling(results: Sequence[Result]) -> "Figure":
    """What temporal pooling adds to the top-1 of each module, over all lengths (Fig. 6)."""
    known, colour = datasets(results), colours(results)
    backbones = sorted({one.backbone for one in results})
    figure, axes = panels(1, len(known))
    for axis, (data, found) in zip(axes[0], known.items(), strict=True):
        modules = [module for module in colour if any(one.module == module for one in found)]
        for number, module in enumerate(modules):
            gains = [gain(found, module, backbone) for backbone in backbones]
            places = [place + (number - (len(modules) - 1) / 2) * 0.8 / len(modules) for place in range(len(backbones))]
            axis.bar(places, [value or 0 for value in gains], 0.75 / len(modules), color=colour[module])
        axis.axhline(0, color="black", linewidth=0.8)
        axis.set_xticks(range(len(backbones)), backbones)
        axis.set(title=data, ylabel="top-1 with - without pooling (points)")
    legend(figure, colour)
    return figure


def space_and_time(results: Sequence[Result]) -> "Figure":
    """The spatial contribution and the temporal improvement of each module (Table 7)."""
    found = contributions(results)
    known = list(dict.fromkeys(one.data for one in found))
    figure, axes = panels(1, max(len(known), 1))
    bars = (("spatial", "#4c5a6b", "space"), ("temporal", "#2a9d8f", "time"), ("temporal_tp", "#e9a03b", "time, -tp"))
    for axis, data in zip(axes[0], known, strict=False):
        rows = [one for one in found if one.data == data]
        for number, (name, colour, _) in enumerate(bars):
            values = [getattr(one, name).value or 0 for one in rows]
            drawn = axis.bar([place + (number - 1) * 0.27 for place in range(len(rows))], values, 0.25, color=colour)
            axis.bar_label(drawn, [str(getattr(one, name)) for one in rows], fontsize=7)
        axis.axhline(0, color="black", linewidth=0.8)
        axis.set_xticks(range(len(rows)), [one.module for one in rows])
        axis.set(title=data, ylabel="share")
    legend(figure, {label: colour for _, colour, label in bars})
    return figure


def curves(results: Iterable[Result]) -> dict[tuple[str, bool], list[tuple[int, float]]]:
    """The mean top-1 at each number of frames of each network: points in their order."""
    found: dict[tuple[str, bool], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in results:
        found[one.module, one.tp][one.frames].append(one.top1)
    return {key: [(frames, fmean(values)) for frames, values in sorted(points.items())]
            for key, points in found.items()}


def gain(results: Iterable[Result], module: str, backbone: str) -> float | None:
    """How much higher the mean top-1 is with temporal pooling than without, at lengths that have both."""
    found = curves(one for one in results if (one.module, one.backbone) == (module, backbone))
    plain, pooled = dict(found.get((module, False), [])), dict(found.get((module, True), []))
    both = plain.keys() & pooled.keys()
    return fmean(pooled[frames] - plain[frames] for frames in both) if both else None


def legend(figure: "Figure", colour: dict[str, str], title: str = "") -> None:
    """The modules' colours, below all panels."""
    from matplotlib.patches import Patch

    figure.legend(handles=[Patch(color=value, label=module) for module, value in colour.items()], title=title,
                  loc="outside lower center", ncols=min(len(colour), 8), frameon=False, fontsize=8, title_fontsize=8)


FIGURES: dict[str, Callable[[Sequence[Result]], "Figure"]] = {
    "cost": cost, "lengths": lengths, "pooling": pooling, "contributions": space_and_time,
}


def draw(results: Sequence[Result], folder: Path) -> list[Path]:
    """Write all figures for which a table has the rows; gives their paths."""
    drawn = []
    for name, figure in FIGURES.items():
        if name == "cost" and not any(one.gmacs for one in results):
            continue
        if name == "pooling" and not any(one.tp for one in results):
            continue
        path = folder / f"{name}.png"
        folder.mkdir(parents=True, exist_ok=True)
        figure(results).savefig(path, dpi=130)
        drawn.append(path)
    return drawn
