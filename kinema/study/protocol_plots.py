"""Pictures of what a table says of sampling, of several clips, of single steps, and of depth in time."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from kinema.study.plots import COLOURS, OTHERS, datasets, logarithmic, needed, panels, patches
from kinema.study.results import Result, one_protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNIFORM, DENSE = "#1982c4", "#e9a03b"
BETTER, WORSE, WHOLE = "#2a9d8f", "#d1495b", "#4c5a6b"
TINT = 0.35


def whole(results: Sequence[Result]) -> list[Result]:
    """The rows on all classes, of networks as they are."""
    return [one for one in results if not one.classes and one.where == "all" and not one.options]


def mean(rows: Sequence[Result]) -> float:
    """The mean top-1 of repetitions."""
    return fmean(one.top1 for one in rows)


def spread(rows: Sequence[Result]) -> float:
    """The standard deviation of repetitions, 0 of one."""
    return stdev(one.top1 for one in rows) if len(rows) > 1 else 0.0


def sampling(results: Sequence[Result]) -> "Figure":
    """Uniform against dense sampling: clip level solid, what averaging clips adds transparent (Fig. 5)."""
    cells: dict[tuple[str, str, int], dict[str, dict[int, list[Result]]]] = defaultdict(dict)
    for data, rows in datasets(one_protocol(whole(results))).items():
        for one in rows:
            cells[data, one.network, one.frames].setdefault(one.sampling, {}).setdefault(one.views, []).append(one)
    both = {key: found for key, found in cells.items()
            if all(1 in found.get(name, {}) for name in ("uniform", "dense"))}
    needed(both, "no network was trained on uniform and on dense clips")
    known = list(dict.fromkeys(data for data, _, _ in both))
    most = max(max(views) for found in both.values() for views in found.values())
    figure, axes = panels(1, len(known))
    for axis, data in zip(axes[0], known, strict=True):
        keys = [key for key in both if key[0] == data]
        for number, (name, colour) in enumerate((("uniform", UNIFORM), ("dense", DENSE))):
            for place, key in enumerate(keys):
                views = both[key][name]
                clip, video = mean(views[1]), mean(views[max(views)])
                across = place + (number - 0.5) * 0.38
                axis.bar(across, clip, 0.34, color=colour, yerr=spread(views[1]) or None, ecolor="black",
                         error_kw={"linewidth": 0.9})
                axis.bar(across, max(video - clip, 0), 0.34, bottom=clip, color=colour, alpha=TINT)
                axis.annotate(f"{clip:.1f}\n({video - clip:+.1f})" if max(views) > 1 else f"{clip:.1f}",
                              (across, max(clip + spread(views[1]), video)), (0, 2), textcoords="offset points",
                              ha="center", fontsize=7)
        axis.set_xticks(range(len(keys)), [f"{network}\n{frames} frames" for _, network, frames in keys])
        axis.set(title=data, ylabel="top-1 (%)")
        axis.margins(y=0.12)
    named = {"uniform, one clip": (UNIFORM, 1), "dense, one clip": (DENSE, 1),
             f"what the mean of {most} clips adds": (WHOLE, TINT)}
    patches(figure, named)
    return figure


def clips(results: Sequence[Result]) -> "Figure":
    """Top-1 over the number of averaged clips, and over all their multiply-adds (Fig. 8)."""
    every: dict[tuple[str, str, str], dict[int, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for data, mine in datasets(whole(results)).items():
        for one in mine:
            network = f"{one.network} {one.frames}f" + (f" {one.pixels}px" if one.pixels else "")
            every[data, network, one.sampling][one.views].append(one)
    curves = {key: views for key, views in every.items() if len(views) > 1}
    needed(curves, "no network was judged on several numbers of clips")
    known = list(dict.fromkeys(data for data, _, _ in curves))
    names = list(dict.fromkeys(name for _, name, _ in curves))
    figure, axes = panels(len(known), 2)
    for row, data in zip(axes, known, strict=True):
        for (_, name, how), views in ((key, views) for key, views in curves.items() if key[0] == data):
            rows = [views[count] for count in sorted(views)]
            colour = shade(name, names)
            line = "--" if how == "dense" else "-"
            row[0].errorbar(sorted(views), [mean(each) for each in rows], [spread(each) for each in rows],
                            color=colour, linestyle=line, marker="o", markersize=3.5, elinewidth=0.7)
            if all(each[0].total for each in rows):
                row[1].plot([each[0].total for each in rows], [mean(each) for each in rows], color=colour,
                            linestyle=line, marker="o", markersize=3.5)
        row[0].set(title=data, xlabel="clips and crops of a video", ylabel="top-1 (%)")
        row[1].set(title=data, xlabel="GMACs of a video", ylabel="top-1 (%)")
        logarithmic(row[1])
    patches(figure, {name: (shade(name, names), 1) for name in names}, "solid: uniform, dashed: dense sampling")
    return figure


def shade(name: str, names: Sequence[str]) -> str:
    """A colour for a network, that of its module where there is one."""
    module = name.partition("-")[0]
    alone = sum(one.partition("-")[0] == module for one in names) == 1
    return COLOURS.get(module, WHOLE) if alone else OTHERS[names.index(name) % len(OTHERS)]


def steps(results: Sequence[Result]) -> list[tuple[str, str, list[tuple[str, float]]]]:
    """What changes I3D-Inception with temporal pooling step by step: data set, frames, and the top-1 after each step.

    A larger backbone, no temporal pooling, squeeze-excitation; steps that a table has not are left out, and so are data
    sets with fewer than two.
    """
    found = []
    rows = [one for one in results if not one.classes and one.where == "all" and one.input == "rgb" and not one.options
            and one.module in ("i3d", "i3d+se")]
    for data, mine in datasets(rows).items():
        resnets = [one for one in mine if "resnet" in one.backbone]
        if not resnets:
            continue
        largest = max(resnets, key=lambda one: one.parameters or 0).backbone
        asked = (("i3d", "inception", True), ("i3d", largest, True), ("i3d", largest, False),
                 ("i3d+se", largest, False))
        best: list[tuple[str, float]] = []
        said = ""
        for frames in sorted({one.frames for one in mine}):
            ways = ((views, how) for views in sorted({one.views for one in mine}) for how in ("", "uniform", "dense"))
            for views, how in ways:
                taken = [one for one in mine if (one.frames, one.views) == (frames, views) and one.sampling == how]
                each = [[one for one in taken if (one.module, one.tp) == (module, tp)
                         and one.backbone.startswith(backbone)] for module, backbone, tp in asked]
                walk = [(matching[0].network, mean(matching)) for matching in each if matching]
                if len(walk) >= max(len(best), 2):
                    best, said = walk, f"{frames} frames" + (f", {views} views" if views > 1 else "")
                    gone = [f"{module}-{backbone}{'-tp' * tp}" for (module, backbone, tp), matching
                            in zip(asked, each, strict=True) if not matching]
                    said += f"\n(no {', '.join(gone)})" if gone else ""
        if best:
            found.append((data, said, best))
    return found


def waterfall(results: Sequence[Result]) -> "Figure":
    """I3D step by step, what each step adds in red or green (Fig. 7)."""
    found = needed(steps(results), "i3d is not there with two of: a small backbone, temporal pooling, a larger one, "
                   "squeeze-excitation")
    figure, axes = panels(1, len(found))
    for axis, (data, said, walk) in zip(axes[0], found, strict=True):
        before = None
        for place, (_, top1) in enumerate(walk):
            if before is None or place == len(walk) - 1:
                axis.bar(place, top1, 0.6, color=WHOLE, alpha=1 if before is None else 0.25)
            if before is not None:
                change = top1 - before
                axis.bar(place, change, 0.6, bottom=before, color=BETTER if change >= 0 else WORSE)
                axis.annotate(f"{change:+.1f}", (place, max(top1, before)), (0, 12), textcoords="offset points",
                              ha="center", fontsize=8, color=BETTER if change >= 0 else WORSE)
                axis.plot([place - 0.7, place - 0.3], [before, before], color="black", linewidth=0.7)
            axis.annotate(f"{top1:.1f}", (place, max(top1, before or 0)), (0, 2), textcoords="offset points",
                          ha="center", fontsize=8)
            before = top1
        values = [top1 for _, top1 in walk]
        room = max(max(values) - min(values), 2.0)
        axis.set_ylim(max(min(values) - room, 0), max(values) + 0.6 * room)
        axis.set_xticks(range(len(walk)), [name.replace("-", "\n", 1) for name, _ in walk], fontsize=8)
        axis.set(title=f"{data}, {said}", ylabel="top-1 (%), cut off below")
    return figure


def depth(results: Sequence[Result]) -> "Figure":
    """Top-1 over the frames that the kernels of a C3D cover, for each group of classes."""
    rows = [one for one in results if one.backbone == "c3d" and one.views == 1 and "depth" in one.changes]
    known = datasets(needed(rows, "no c3d was trained with kernels of several depths"))
    figure, axes = panels(1, len(known))
    names = sorted({one.classes for one in rows})
    tints = {name: (WHOLE, *OTHERS)[number % (1 + len(OTHERS))] for number, name in enumerate(names)}
    for axis, (data, mine) in zip(axes[0], known.items(), strict=True):
        for name in names:
            points: dict[str, list[Result]] = defaultdict(list)
            for one in mine:
                if one.classes == name:
                    points[str(one.changes["depth"])].append(one)
            places = sorted(points)
            if places:
                axis.errorbar(places, [mean(points[place]) for place in places],
                              [spread(points[place]) for place in places], color=tints[name], marker="o", capsize=3)
        axis.set(title=data, xlabel="frames that a kernel covers", ylabel="top-1 (%)")
    patches(figure, {f"{name or 'all'} classes": (tint, 1) for name, tint in tints.items()})
    return figure
