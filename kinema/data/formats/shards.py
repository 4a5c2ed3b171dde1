"""Tar files of labelled videos, as WebDataset and `kinema data shard` write them."""

import re
from pathlib import Path
from typing import Any

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import Entry, build_table, names_or_numbers, split_name
from kinema.data.formats.folder import subfolders
from kinema.data.formats.text import read_lines
from kinema.data.labels import natural_key
from kinema.data.shards.index import Sample, Shard, read_shard
from kinema.errors import DataError

BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
LABELS = "labels.txt"


def is_pattern(place: Path) -> bool:
    """Does a path name several shards, as in shards-{000000..000007}.tar?"""
    return bool(BRACES.search(place.name)) and place.name.endswith(".tar")


def tars(place: Path) -> list[Path]:
    """The shards of a folder, of a pattern with braces, or the one named, in order of their names."""
    if place.is_dir():
        return sorted((path for path in place.glob("*.tar") if not path.name.startswith(".")),
                      key=lambda path: natural_key(path.name))
    if found := BRACES.search(place.name):
        first, last = found[1], found[2]
        names = [f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]
        return [place.with_name(place.name.replace(found[0], name)) for name in names]
    return [place]


def is_named(place: Path) -> bool:
    """Does a path name a tar file, or a pattern of such?"""
    return place.suffix == ".tar" and (is_pattern(place) or place.is_file())


def recognises(place: Path) -> bool:
    """Whether it is a folder that holds tar files and no other folder, or is named as one of tar files."""
    return is_named(place) or (place.is_dir() and bool(tars(place)) and not subfolders(place))


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read the samples of shards: KEY.json with `label` or `labels` (ours also with `clips`, parts of the video), or
    KEY.cls; classes given as whole numbers count those of `labels`, or of a labels.txt beside the shards.

    DataError: shards of ours that are missing, and what is wrong with one.
    """
    paths = tars(place)
    folder = place if place.is_dir() else place.parent
    if labels is None and (folder / LABELS).is_file():
        labels = tuple(line for _, line in read_lines(folder / LABELS))
    shards = {path: read_shard(path) for path in paths}
    check_whole(place, shards)
    numbered: list[tuple[int, Entry]] = []
    several = False
    for path, shard in shards.items():
        for sample in shard.samples:
            where = f"{path} {sample.video}"
            several |= "labels" in sample.about or any("labels" in clip for clip in clips_of(sample))
            for clip in clips_of(sample):
                entry = entry_of(clip, f"{path.name}/{sample.video}", where)
                numbered.append((clip.get("number", len(numbered)), entry))
    entries = [entry for _, entry in sorted(numbered, key=lambda each: each[0])]  # in the order of the list they were
    if not entries:
        raise DataError(f"{place}: holds no video with a label. Expected KEY.mp4 and KEY.json or KEY.cls.")
    if labels is not None:
        entries = names_or_numbers(entries, labels)
    return build_table(entries, labels, folder, several)


def check_whole(place: Path, shards: dict[Path, Shard]) -> None:
    """Refuse a folder in which shards are missing that others know of."""
    wanted = max((shard.of or 0 for shard in shards.values()), default=0)
    if place.is_dir() and len(shards) < wanted:
        raise DataError(f"{place}: {len(shards)} of {wanted} shards are there. Run `kinema data shard` again, which "
                        "goes on where it stopped, or copy the others.")


def clips_of(sample: Sample) -> list[dict[str, Any]]:
    """What is told of each clip of a video."""
    if "clips" in sample.about:
        return list(sample.about["clips"])
    return [{"label": sample.label.strip(), **sample.about} if sample.label else sample.about]


def entry_of(clip: dict[str, Any], path: str, where: str) -> Entry:
    """A clip with the names of its classes. DataError: it has none, and is not for tests."""
    names = clip.get("labels", [clip["label"]] if clip.get("label") not in (None, "") else [])
    source, fold = (None if clip.get(name) is None else str(clip[name]) for name in ("source", "fold"))
    row = ClipRow(path, (), clip.get("start"), clip.get("end"), clip.get("start_frame"), clip.get("end_frame"),
                  split_name(clip.get("split")), source, fold)
    if not names and row.split != "test" and "labels" not in clip:
        raise DataError(f"{where}: has no label. Expected KEY.json with a label, or KEY.cls.")
    return Entry(row, tuple(str(name) for name in names), where)
