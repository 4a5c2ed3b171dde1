"""Pictures of a table of results, as papers draw them: one function a figure, each gives a figure of matplotlib's."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from kinema.errors import KinemaError
from kinema.study.claims import MissingError
from kinema.study.contributions import BASE, contributions
from kinema.study.results import Result, short, usual

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {  # the same in all figures of all tables
    "tsn": "#4c5a6b", "i3d": "#d1495b", "s3d": "#2a9d8f", "tam": "#e9a03b", "tsm": "#6a4c93", "tsn+nonlocal": "#1982c4",
    "i3d+se": "#ff7f9e", "single": "#9aa5b1", "early": "#8ac926", "late": "#a0522d", "slow_fusion": "#0b6e4f",
    "encoder": "#c77dff",
}
OTHERS = ("#0077b6", "#bc6c25", "#606c38", "#f15bb5", "#00bbf9", "#7f5539", "#3a5a40", "#ff9f1c")
LARGEST_BUBBLE = 420.0  # points squared, of the network with most parameters
WIDTH, HEIGHT, LEAST_WIDTH = 4.2, 3.2, 5.5  # inches of a panel, and of a figure
LETTER, HANDLE = 0.075, 0.6  # inches that a letter of a legend takes, and the patch beside it


def panels(rows: int, columns: int) -> tuple["Figure", list[list[Any]]]:
    """A figure of so many panels."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise KinemaError("Figures need matplotlib: pip install kinema[plots].") from error
    figure = Figure(figsize=(max(WIDTH * columns, LEAST_WIDTH), HEIGHT * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25, linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, axes.tolist()


def colours(results: Iterable[Result]) -> dict[str, str]:
    """A colour for each temporal module."""
    modules = sorted({one.module for one in results}, key=lambda module: (module != BASE, module))
    left = iter(module for module in modules if module not in COLOURS)
    rest = {module: OTHERS[number % len(OTHERS)] for number, module in enumerate(left)}
    return {module: COLOURS.get(module) or rest[module] for module in modules}


def datasets(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The rows of each data set, by its short name."""
    found: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        found[short(one.data)].append(one)
    return found


def cost(results: Sequence[Result]) -> "Figure":
    """Top-1 over the multiply-adds of a clip; a bubble's area is the network's parameters (Fig. 1)."""
    plain = [replace(one, options="", input="rgb", module=one.module if one.module == one.backbone or not one.options
                     else f"{one.module}-{one.backbone}") for one in results]
    results = [one for one in repeated(usual(plain)) if one.gmacs]
    known, colour = datasets(needed(results, "no multiply-adds are told")), colours(results)
    figure, axes = panels(1, len(known))
    most = max(one.parameters or 1 for one in results)
    for axis, (data, found) in zip(axes[0], known.items(), strict=True):
        for one in sorted(found, key=lambda one: -(one.parameters or 0)):
            axis.scatter(one.gmacs, one.top1, s=LARGEST_BUBBLE * (one.parameters or most / 20) / most, alpha=0.55,
                         color=colour[one.module], linewidth=1 if one.tp else 0, edgecolor="black")
        axis.set(title=data, xlabel="GMACs of a clip", ylabel="top-1 (%)")
        axis.margins(0.1)
        axis.ticklabel_format(axis="y", useOffset=False)
        logarithmic(axis)
    legend(figure, colour, "black edge: with temporal pooling; area: parameters")
    return figure


def lengths(results: Sequence[Result]) -> "Figure":
    """Top-1 over the frames of a clip, a panel for each backbone and data set (Fig. 4); dashed: temporal pooling."""
    results = usual(results)
    known = {data: found for data, found in datasets(results).items() if len({one.frames for one in found}) > 1}
    results = [one for found in known.values() for one in found]
    counts = Counter(key[:3] for key in {(one.backbone, one.module, one.tp, one.frames) for one in results})
    known = {data: kept for data, found in known.items()
             if (kept := [one for one in found if counts[one.backbone, one.module, one.tp] > 1])}
    needed(known, "no network is there with clips of several numbers of frames")
    results = [one for found in known.values() for one in found]
    backbones, colour = sorted({one.backbone for one in results}), colours(results)
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
    results = usual(results)
    both = {(one.data, one.module, one.backbone) for one in results if one.tp} & {
        (one.data, one.module, one.backbone) for one in results if not one.tp}
    results = needed([one for one in results if (one.data, one.module, one.backbone) in both],
                     "no network is there with temporal pooling and without")
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
    found = [one for one in contributions(usual(results)) if one.spatial.count or one.temporal_tp.count]
    known = list(dict.fromkeys(one.data for one in needed(found, "no module stands beside tsn")))
    figure, axes = panels(1, len(known))
    bars = (("spatial", "#4c5a6b", "space"), ("temporal", "#2a9d8f", "time"), ("temporal_tp", "#e9a03b", "time, -tp"))
    for axis, data in zip(axes[0], known, strict=False):
        rows = [one for one in found if one.data == data]
        for number, (name, colour, _) in enumerate(bars):
            values = [getattr(one, name).value or 0 for one in rows]
            drawn = axis.bar([place + (number - 1) * 0.27 for place in range(len(rows))], values, 0.25, color=colour)
            axis.bar_label(drawn, [str(getattr(one, name)) for one in rows], fontsize=7)
        axis.axhline(0, color="black", linewidth=0.8)
        names = [one.module for one in rows]
        axis.set_xticks(range(len(rows)), names, fontsize=8, rotation=35, ha="right", rotation_mode="anchor")
        axis.set(title=short(data), ylabel="share")
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


def logarithmic(axis: Any) -> None:
    """Let an axis across be logarithmic, with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.tick_params(axis="x", labelsize=8)


def legend(figure: "Figure", colour: dict[str, str], title: str = "") -> None:
    """The modules' colours, below all panels."""
    patches(figure, {name: (value, 1.0) for name, value in colour.items()}, title)


def patches(figure: "Figure", named: dict[str, tuple[str, float]], title: str = "") -> None:
    """Colours and how opaque they are, in as many columns below all panels as find room."""
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(color=colour, alpha=alpha, label=name) for name, (colour, alpha) in named.items()]
    room = figure.get_figwidth() // (HANDLE + LETTER * max(map(len, named)))
    figure.legend(handles=handles, title=title or None, loc="outside lower center", frameon=False, fontsize=8,
                  ncols=max(min(len(named), int(room)), 1), title_fontsize=8)


def needed(found: Any, why: str) -> Any:
    """What was found, unless that is nothing: then MissingError says why."""
    if not found:
        raise MissingError(why)
    return found


def repeated(results: Iterable[Result]) -> list[Result]:
    """The rows that differ in their seed alone as one, with their mean top-1."""
    found: dict[Result, list[float]] = defaultdict(list)
    for one in results:
        found[replace(one, top1=0.0, top5=None, seed=None, run="", milliseconds=None)].append(one.top1)
    return [replace(one, top1=fmean(values)) for one, values in found.items()]
