"""The tables of a study as markdown: one function a table, a list of lines."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import floor, log10
from statistics import fmean, stdev

from kinema.study.contributions import contributions
from kinema.study.plots import needed
from kinema.study.results import Result, one_protocol, short, usual

AGGREGATIONS = {"none": "tsn", "i3d": "i3d", "s3d": "s3d", "tam": "tam", "tsm": "tsm", "nonlocal": "tsn+nonlocal"}
PLACES = {"all": "all", "top": "top half", "bottom": "bottom half", "alternate": "every second"}
Key = tuple[str, ...]
Cells = Mapping[Key, Mapping[str, list[float]]]


def cell(values: Sequence[float]) -> str:
    """The mean of repetitions and their standard deviation; of none a dash."""
    if not values:
        return "-"
    return f"{fmean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def grid(heads: Sequence[str], cells: Cells, columns: Iterable[str]) -> list[str]:
    """Rows by their names, columns by theirs."""
    names = list(columns)
    lines = ["| " + " | ".join([*heads, *names]) + " |", "|" + " --- |" * (len(heads) + len(names))]
    for key, row in cells.items():
        lines.append("| " + " | ".join([*key, *(cell(row.get(name, [])) for name in names)]) + " |")
    return lines


def gather(rows: Iterable[Result], key: Callable[[Result], Key], column: Callable[[Result], str]) -> Cells:
    """The top-1 of the repetitions of each row and column."""
    found: dict[Key, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in rows:
        found[key(one)][column(one)].append(one.top1)
    return found


def video_level(results: Sequence[Result]) -> list[Result]:
    """The rows on all classes at the most views that a network was judged by."""
    rows = one_protocol(one for one in results if not one.classes)
    most: dict[tuple[str, str, int, str, str], int] = {}
    for one in rows:
        key = (one.data, one.network, one.frames, one.sampling, one.input)
        most[key] = max(most.get(key, 0), one.views)
    return [one for one in rows if one.views == most[one.data, one.network, one.frames, one.sampling, one.input]]


def networks(results: Sequence[Result]) -> list[str]:
    """Every network with its cost and its top-1 on each data set (Table 2)."""
    rows = needed(video_level(results), "there are no rows")
    views: dict[tuple[str, ...], set[int]] = defaultdict(set)

    def of_network(one: Result) -> tuple[str, ...]:
        cost = "-" if not one.gmacs else f"{round(one.gmacs, 1 - floor(log10(one.gmacs))):g}"
        return (f"{one.network}{'' if one.input == 'rgb' else f' ({one.input})'}", str(one.frames), one.sampling or "-",
                one.pretrained or "-", cost)

    def key(one: Result) -> tuple[str, ...]:
        *names, cost = of_network(one)
        each = " or ".join(map(str, sorted(views[of_network(one)], reverse=True)))
        return (*names, cost if cost == "-" else f"{cost} x {each}")

    for one in rows:
        views[of_network(one)].add(one.views)

    return grid(("network", "frames", "sampling", "pretrained on", "GMACs"), gather(rows, key, lambda one: short(
        one.data)), dict.fromkeys(short(one.data) for one in rows))


def samplings(results: Sequence[Result]) -> list[str]:
    """Uniform and dense sampling, as judged at best (Table 3)."""
    rows = [one for one in video_level(results) if one.where == "all" and not one.options]
    both = {(one.data, one.network, one.frames) for one in rows if one.sampling == "uniform"} & {
        (one.data, one.network, one.frames) for one in rows if one.sampling == "dense"}
    rows = needed([one for one in rows if (one.data, one.network, one.frames) in both],
                  "no network was trained on uniform and on dense clips")
    return grid(("data", "network", "frames"), gather(
        rows, lambda one: (short(one.data), one.network, str(one.frames)),
        lambda one: f"{one.sampling}, {one.views} view{'s' * (one.views > 1)}"),
        dict.fromkeys(f"{one.sampling}, {one.views} view{'s' * (one.views > 1)}" for one in rows))


def transfer(results: Sequence[Result]) -> list[str]:
    """Networks that knew other data before, on what they were trained on after (Table 4)."""
    rows = needed([one for one in video_level(results) if one.pretrained],
                  "no network was trained on other data before")
    cells = gather(rows, lambda one: (one.network, str(one.frames), one.sampling or "-", one.pretrained),
                   lambda one: short(one.data))
    return grid(("network", "frames", "sampling", "from"), cells, dict.fromkeys(short(one.data) for one in rows))


def aggregations(results: Sequence[Result]) -> list[str]:
    """How frames are brought together, without temporal pooling (Table 5)."""
    names = {module: name for name, module in AGGREGATIONS.items()}
    rows = [one for one in usual(results) if not one.tp and one.module in names]
    rows = needed(rows, "none of the temporal modules is there without temporal pooling")
    cells = gather(rows, lambda one: (short(one.data), one.backbone, str(one.frames)), lambda one: names[one.module])
    cells = {key: row for key, row in sorted(cells.items(), key=lambda item: (item[0][:2], int(item[0][2])))
             if len(row) > 1}
    return grid(("data", "backbone", "frames"), needed(cells, "no two modules are alike in all else"), AGGREGATIONS)


def locations(results: Sequence[Result]) -> list[str]:
    """Which blocks see time (Table 6)."""
    rows = [one for one in results if one.views == 1 and not one.options and one.where in PLACES and not one.tp]
    varied = {(one.data, one.module, one.backbone, one.frames, one.sampling) for one in rows if one.where != "all"}
    rows = needed([one for one in rows if (one.data, one.module, one.backbone, one.frames, one.sampling) in varied],
                  "no network sees time in a part of its blocks")
    cells = gather(rows, lambda one: (one.network.split()[0], PLACES[one.where]), lambda one: " ".join(
        [short(one.data), *([one.classes] if one.classes else [])]))
    order = list(PLACES.values())
    cells = dict(sorted(cells.items(), key=lambda item: (item[0][0], order.index(item[0][1]))))
    columns = dict.fromkeys(name for row in cells.values() for name in row)
    return grid(("network", "blocks that see time"), cells, columns)


def space_and_time(results: Sequence[Result]) -> list[str]:
    """Spatial contributions and temporal improvements (Table 7)."""
    found = [one for one in contributions(usual(results)) if one.spatial.count or one.temporal_tp.count]
    lines = ["| data | module | spatial | temporal | temporal with -tp | pairs |", "|" + " --- |" * 6]
    return lines + [f"| {short(one.data)} | {one.module} | {one.spatial} | {one.temporal} | {one.temporal_tp} | "
                    f"{one.spatial.count} |" for one in needed(found, "no module stands beside tsn")]


TABLES: dict[str, Callable[[Sequence[Result]], list[str]]] = {
    "Table 2: networks at their most views": networks,
    "Table 3: sampling": samplings,
    "Table 4: transfer": transfer,
    "Table 5: temporal aggregation": aggregations,
    "Table 6: locations of temporal modules": locations,
    "Table 7: contributions of space and of time": space_and_time,
}
