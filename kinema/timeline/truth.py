"""What truly happens when in long videos, from a csv or from ActivityNet's JSON."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kinema.data.formats.table_csv import read_sheet, seconds
from kinema.data.labels import find_label, label_key, label_numbers
from kinema.errors import DataError, counted, nearest
from kinema.timeline.segments import Segment


@dataclass(frozen=True)
class Truth:
    """The true segments of videos, by the names that a file gives them: paths (csv) or ids (ActivityNet).

    splits: which videos the file calls "train" or "val", where it does. note: what was left out, in words.
    """

    source: Path
    segments: dict[str, tuple[Segment, ...]]
    splits: dict[str, str]
    note: str = ""

    def of(self, video: str | Path) -> tuple[Segment, ...]:
        """The segments of a video, found by its path, its file's name or the name without its ending."""
        return self.segments[self.name_of(video)]

    def name_of(self, video: str | Path) -> str:
        """What the file calls a video. DataError: nothing, or several things."""
        path = Path(video)
        if str(video) in self.segments:
            return str(video)
        same = [name for name in self.segments if Path(name).name == path.name]
        same = same or [name for name in self.segments if name in (path.stem, path.stem.removeprefix("v_"))
                        or Path(name).stem == path.stem]
        exact = [name for name in same if (self.source.parent / name).resolve() == path.resolve()]
        if len(exact or same) != 1:
            which = f"{len(same)} videos called so" if same else "no such video"
            raise DataError(f"{self.source} has {which}: {path.name}.{nearest(path.name, self.segments)} "
                            "A video in which nothing happens has a row with an empty label.".strip())
        return (exact or same)[0]

    def paths(self, root: str | Path | None = None) -> dict[str, Path]:
        """Where each video's file is: under `root`, else beside the list; an id is the name of a file without ending.

        DataError names the first that is not there.
        """
        folder = self.source.parent if root is None else Path(root)
        beside = {path.stem: path for path in sorted(folder.iterdir()) if path.is_file() and path != self.source}
        found = {}
        for name in self.segments:
            path = folder / name
            if not path.exists():
                path = beside.get(name) or beside.get(f"v_{name}") or path
            if not path.exists():
                raise DataError(f"{self.source} names {name}, and {folder} has no such file. Name its folder: --root.")
            found[name] = path
        return found


def read_truth(source: str | Path, labels: Sequence[str] | None = None) -> Truth:
    """Read true segments: a csv (path, start, end, label, perhaps split) or ActivityNet's JSON.

    labels: the only classes that there may be; case and spaces do not count. A video in which nothing happens has a row
    with an empty label (or no annotations). DataError says in which row something is wrong.
    """
    path = Path(source)
    if not path.is_file():
        raise DataError(f"There is no {path}. The truth is a csv (path,start,end,label) or ActivityNet's JSON.")
    rows = list(activitynet(path) if path.suffix.lower() == ".json" else sheet(path))
    numbers = None if labels is None else label_numbers(labels)
    segments: dict[str, list[Segment]] = {}
    empty: list[str] = []
    for name, _, segment, where in rows:
        kept = segments.setdefault(name, [])
        if segment is None:
            continue
        if segment.end_seconds <= segment.start_seconds:  # some of ActivityNet's own
            empty.append(f"{segment.label} of {name}, from {segment.start_seconds:g} to {segment.end_seconds:g} s")
            continue
        label = segment.label
        if labels is not None and numbers is not None:
            label = labels[find_label(label, numbers, labels, where)]
        kept.append(Segment(segment.start_seconds, segment.end_seconds, label))
    if not segments:
        raise DataError(f"{path} names no video.")
    by_start = {name: tuple(sorted(each, key=lambda one: one.start_seconds)) for name, each in segments.items()}
    note = (f"{path}: {counted(len(empty), 'segment')} without any length left out, such as {empty[0]}."
            if empty else "")
    return Truth(path, by_start, {name: split for name, split, _, _ in rows if split}, note)


def in_labels(
    truth: Mapping[str, Sequence[Segment]], labels: Sequence[str], quiet: Sequence[str] = ()
) -> tuple[dict[str, tuple[Segment, ...]], tuple[str, ...]]:
    """True segments by the names that a network gives its classes, without quiet ones; and the names it does not know.

    Case and spaces do not count. What it does not know stays: it is missed.
    """
    numbers, unknown = label_numbers(labels), dict[str, None]()
    found: dict[str, tuple[Segment, ...]] = {}
    for video, segments in truth.items():
        named = []
        for each in segments:
            number = numbers.get(label_key(each.label))
            if number is None:
                unknown[each.label] = None
            named.append(each if number is None else replace(each, label=labels[number]))
        found[video] = tuple(each for each in named if each.label not in quiet)
    return found, tuple(unknown)


Row = tuple[str, str, Segment | None, str]  # a video's name, its split, what happens, and where that is written


def sheet(path: Path) -> Iterable[Row]:
    """The rows of a csv."""
    for number, cells in read_sheet(path, ["path", "label"]).records:
        where = f"{path} row {number}"
        if not cells["path"]:
            raise DataError(f"{where}: the path is empty.")
        split = {"training": "train", "validation": "val", "valid": "val"}.get(
            cells.get("split", "").casefold(), cells.get("split", "").casefold())
        if not cells["label"]:
            yield cells["path"], split, None, where
            continue
        start, end = seconds(cells.get("start", ""), where), seconds(cells.get("end", ""), where)
        if start is None or end is None or end <= start:
            raise DataError(f"{where}: {cells['label']} lasts from {start} to {end} s. Expected a start, and an end "
                            "after it, in seconds.")
        yield cells["path"], split, Segment(start, end, cells["label"]), where


def activitynet(path: Path) -> Iterable[Row]:
    """The annotations of ActivityNet's JSON: {"database": {id: {"subset", "annotations": [{"segment", "label"}]}}}."""
    try:
        database = json.loads(path.read_text(encoding="utf-8"))["database"]
        for name, video in database.items():
            split = {"training": "train", "validation": "val"}.get(video.get("subset", ""), video.get("subset", ""))
            yield name, split, None, f"{path}, {name}"
            for each in video.get("annotations") or []:
                start, end = map(float, each["segment"])
                if not (math.isfinite(start) and math.isfinite(end) and isinstance(each["label"], str)):
                    raise ValueError(f"of {name}: {each}")
                yield name, split, Segment(start, end, each["label"]), f"{path}, {name}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f'{path} is not ActivityNet\'s JSON: {type(error).__name__} {error}. Expected {{"database": {{id: '
            f'{{"annotations": [{{"segment": [start, end], "label": name}}]}}}}}}.') from error
