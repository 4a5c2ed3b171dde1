"""A folder with a class per sub-folder: videos anywhere below it, or folders of jpg or png frames."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kinema.data.clips import ClipRow, ClipTable
from kinema.data.formats.entries import SPLITS, Entry, build_table
from kinema.data.labels import check_distinct, natural_key
from kinema.errors import DataError

# fmt: off
VIDEOS = frozenset({
    ".mp4", ".m4v", ".mov", ".qt", ".avi", ".divx", ".mkv", ".webm", ".mpg", ".mpeg", ".mpe", ".m2v", ".ts", ".m2ts",
    ".mts", ".vob", ".wmv", ".asf", ".flv", ".f4v", ".swf", ".3gp", ".3g2", ".ogv", ".ogg", ".mxf", ".rm", ".rmvb",
    ".dv", ".amv", ".h264", ".264", ".h265", ".hevc", ".ivf", ".nut", ".y4m", ".mjpeg", ".mjpg", ".gif", ".apng",
})
# fmt: on
PICTURES = frozenset({".jpg", ".jpeg", ".png"})


def subfolders(folder: Path) -> list[Path]:
    """Folders right below this one, hidden ones left out, in natural order."""
    found = [entry for entry in folder.iterdir() if not entry.name.startswith((".", "__")) and entry.is_dir()]
    return sorted(found, key=lambda path: natural_key(path.name))


def clips_below(folder: Path, ignored: Counter[str], above: tuple[str, ...] = ()) -> Iterator[Path]:
    """Videos at any depth and folders of frames, in natural order; counts what it passes over by kind.

    A folder that holds pictures and no video is one clip of frames; pictures beside videos are passed over, and links
    to a folder `above`.
    """
    above = (*above, os.path.realpath(folder))
    entries = sorted(os.scandir(folder), key=lambda entry: natural_key(entry.name))
    videos, pictures = 0, 0
    for entry in entries:
        kind = Path(entry.name).suffix.lower()
        if entry.name.startswith(".") or entry.name in ("Thumbs.db", "desktop.ini"):
            ignored["hidden"] += 1
        elif entry.is_dir():
            if entry.is_symlink() and os.path.realpath(entry.path) in above:
                ignored["link to a folder above it"] += 1
            else:
                yield from clips_below(Path(entry.path), ignored, above)
        elif kind in VIDEOS:
            videos += 1
            yield Path(entry.path)
        elif kind in PICTURES:
            pictures += 1
        else:
            ignored[kind or "no extension"] += 1
    if pictures and not videos:
        yield folder
    elif pictures:
        ignored["pictures beside videos"] += pictures


def class_entries(root: Path, folder: Path, split: str | None, ignored: Counter[str]) -> list[Entry]:
    """The clips of one class. DataError: pictures that are not in a folder a clip."""
    clips = list(clips_below(folder, ignored, (os.path.realpath(root),)))
    if folder in clips:
        raise DataError(
            f"{folder}: holds pictures directly. A clip of frames is a folder of its own: {folder.name}/CLIP/1.jpg."
        )
    name = unicodedata.normalize("NFC", folder.name).strip()
    return [Entry(ClipRow(clip.relative_to(root).as_posix(), split=split), (name,), str(clip)) for clip in clips]


def split_folders(root: Path) -> list[tuple[str | None, Path]]:
    """The folders that hold classes: train/, val/, test/ where all sub-folders are called so, else the root itself."""
    below = subfolders(root)
    if below and all(path.name.casefold() in SPLITS for path in below) and any(subfolders(path) for path in below):
        return [(SPLITS[path.name.casefold()], path) for path in below]
    return [(None, root)]


def recognises(place: Path) -> bool:
    """Whether it is a folder with sub-folders that hold a video or frames."""
    return place.is_dir() and any(
        next(clips_below(folder, Counter()), None) for _, part in split_folders(place) for folder in subfolders(part)
    )


def read(place: Path, labels: tuple[str, ...] | None, root: Path | None) -> ClipTable:
    """Read place/CLASS/**/video, or place/train|val|test/CLASS/**/video; the sub-folders' names are the classes.

    labels: the classes in order; one without a folder stays empty. Paths are relative to `place`, whatever `root` is.
    DataError: two classes with one name; a class without a clip where no `labels` say which folders are classes.
    """
    ignored: Counter[str] = Counter()
    entries: list[Entry] = []
    for split, part in split_folders(place):
        folders = subfolders(part)
        check_distinct(folder.name for folder in folders)
        for folder in folders:
            found = class_entries(place, folder, split, ignored)
            if not found and labels is None:
                raise DataError(
                    f"{folder}: no video and no folder of frames is in it, so class {folder.name!r} would "
                    "be empty. Add clips, move the folder away, or say which folders are classes (labels)."
                )
            entries += found
    loose = sum(entry.suffix.lower() in VIDEOS for entry in place.iterdir() if entry.is_file())
    if not entries:
        raise DataError(
            f"{place}: no class sub-folder with videos in it{f', but {loose} videos' if loose else ''}. "
            f"Expected {place.name}/CLASS/clip.mp4, or a file {place.name}/clips.csv."
        )
    if loose:
        ignored["video outside any class folder"] = loose
    notes = [f"Passed over: {number} x {kind}." for kind, number in sorted(ignored.items())]
    return build_table(entries, labels, place, notes=notes)
