"""Boxes of people and their actions, in the files that AVA is published in (Gu et al., arXiv:1705.08421).

A row of an annotation is video, timestamp, x1, y1, x2, y2, action, person; of a result the last column is a score.
Boxes are parts of the picture, 0 to 1 from its top left corner; timestamps are seconds of the film.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kinema.data.formats.text import read_lines, read_text
from kinema.errors import DataError, counted, some

Box = tuple[float, float, float, float]  # x1, y1, x2, y2: parts of the picture
Key = tuple[str, float]  # a key frame: its video, and its second there
LABEL = re.compile(r'name:\s*"([^"]*)"[^{}]*?\b(?:label_)?id:\s*(\d+)')
LINE = re.compile(r"(\d+)\s*[:,]?\s+(\S.*)")  # "12: stand"
FAR = 1.5  # a part of the picture is hardly more; pixels are


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One action of one box at a key frame; `score` is how sure a result is, in an annotation the person's number."""

    video: str
    seconds: float
    box: Box
    action: int
    score: float = 1.0

    @property
    def key(self) -> Key:
        """The key frame."""
        return self.video, self.seconds


@dataclass(frozen=True)
class KeyFrame:
    """The people at one second of a video: a box each, with their actions, and how sure a detector was of each."""

    video: str
    seconds: float
    boxes: tuple[Box, ...]
    actions: tuple[tuple[int, ...], ...]
    scores: tuple[float, ...]

    @property
    def key(self) -> Key:
        """The video and the second."""
        return self.video, self.seconds

    def of(self, kept: Sequence[int]) -> "KeyFrame":
        """The same with some of its boxes, by their place in the row."""
        return replace(self, boxes=tuple(self.boxes[k] for k in kept), actions=tuple(self.actions[k] for k in kept),
                       scores=tuple(self.scores[k] for k in kept))


def read_rows(path: str | Path) -> list[BoxRow]:
    """The rows of an annotation or of results, of 7 or 8 columns; DataError names the line that is none.

    Lines of 2 columns (video, timestamp), with which AVA-Kinetics says that nobody is there, hold no row.
    """
    rows = []
    for number, cells in read_cells(path):
        if len(cells) == 2:
            second(cells[1], f"{path}, line {number}")
            continue
        if len(cells) not in (7, 8):
            raise DataError(f"{path}, line {number}: {len(cells)} columns came; expected video, timestamp, x1, y1, x2, "
                            "y2, action and, if there is one, a person's number or a score.")
        try:
            action, score = int(cells[6]), float(cells[7]) if len(cells) == 8 else 1.0
        except ValueError:
            raise DataError(f"{path}, line {number}: {', '.join(cells[6:])} came; expected the number of an action "
                            "and, if there is one, of a person or a score.") from None
        if score != score:
            raise DataError(f"{path}, line {number}: the score is no number (nan).")
        rows.append(BoxRow(cells[0], *place(cells, f"{path}, line {number}"), action, score))
    return rows


def read_people(path: str | Path) -> list[KeyFrame]:
    """Boxes of people without a word on what they do: what a detector of people found, or an annotation's boxes.

    Columns are video, timestamp, x1, y1, x2, y2, and with 7 of them a score. Of files with 8 the seventh is passed over
    and the last is a score, unless all are whole numbers, as the numbers of people are. Boxes that come twice count
    once, and lines of 2 columns not at all.
    """
    found: dict[Key, dict[Box, float]] = {}
    lines = list(read_cells(path))
    persons = all(cells[7].lstrip("-").isdigit() for _, cells in lines if len(cells) == 8)
    for number, cells in lines:
        where = f"{path}, line {number}"
        if len(cells) == 2:
            continue
        if len(cells) not in (6, 7, 8):
            raise DataError(f"{where}: {len(cells)} columns came; expected video, timestamp, x1, y1, x2, y2 and, if "
                            "there is one, a score.")
        seconds, box = place(cells, where)
        try:
            score = 1.0 if len(cells) == 6 or (len(cells) == 8 and persons) else float(cells[-1])
        except ValueError:
            raise DataError(f"{where}: the score {cells[-1]!r} is no number.") from None
        found.setdefault((cells[0], seconds), {}).setdefault(box, score)
    return [KeyFrame(video, seconds, tuple(boxes), ((),) * len(boxes), tuple(boxes.values()))
            for (video, seconds), boxes in found.items()]


def read_excluded(path: str | Path) -> frozenset[Key]:
    """The key frames (video, timestamp) that are not judged."""
    found = set()
    for number, cells in read_cells(path):
        if len(cells) != 2:
            raise DataError(f"{path}, line {number}: {len(cells)} columns came; expected video and timestamp.")
        found.add((cells[0], second(cells[1], f"{path}, line {number}")))
    return frozenset(found)


def read_classes(path: str | Path | None = None) -> dict[int, str]:
    """The names of the actions by their numbers: a label map (pbtxt) or lines such as "12: stand".

    Without a path the 60 actions of AVA that are evaluated, which are those with 25 boxes or more in its validation and
    its test videos.
    """
    path = Path(path or Path(__file__).with_name("ava_classes.txt"))
    found = {int(number): name for name, number in LABEL.findall(read_text(path))}
    for number, line in [] if found else read_lines(path):
        match = LINE.fullmatch(line)
        if match is None:
            raise DataError(f"{path}, line {number}: {line!r} came; expected a label map, or lines such as "
                            "'12: stand'.")
        found[int(match[1])] = match[2]
    if not found or min(found) < 1:
        raise DataError(f"{path} holds no actions, or one with the number 0; actions are counted from 1.")
    return found


def write_rows(rows: Iterable[BoxRow], path: str | Path) -> None:
    """Write results as the official evaluation reads them: timestamps in four digits where they are whole.

    Scores keep all that a network's 32 bits tell apart, so that judging the file is judging what was found.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [row.video, shown(row.seconds), *(f"{side:.6g}" for side in row.box), row.action, f"{row.score:.9g}"]
        for row in rows
    )
    Path(path).write_text(text.getvalue(), encoding="utf-8")


def key_frames(rows: Sequence[BoxRow], excluded: frozenset[Key] = frozenset()) -> list[KeyFrame]:
    """The rows of an annotation by key frame and by person: a box with the same corners and number is one person."""
    found: dict[Key, dict[tuple[Box, float], list[int]]] = {}
    for row in rows:
        if row.key not in excluded:
            found.setdefault(row.key, {}).setdefault((row.box, row.score), []).append(row.action)
    return [KeyFrame(video, seconds, tuple(box for box, _ in people), tuple(map(tuple, people.values())),
                     (1.0,) * len(people)) for (video, seconds), people in found.items()]


def unknown_actions(frames: Sequence[KeyFrame], classes: Mapping[int, str]) -> str:
    """In words, how many actions of boxes are none of the classes, and so are left out; "" where all are."""
    found = Counter(action for frame in frames for actions in frame.actions for action in actions
                    if action not in classes)
    if not found:
        return ""
    return f"{counted(found.total(), 'action')} of boxes left out, not in the label map: {some(sorted(found), 5)}."


def with_known_actions(frames: Sequence[KeyFrame], classes: Mapping[int, str], source: str) -> None:
    """Raise DataError where none of the actions is one of the classes: the lists belong to different sets."""
    used = {action for frame in frames for actions in frame.actions for action in actions}
    if used and not used & classes.keys():
        raise DataError(f"{source} has the actions {', '.join(map(str, sorted(used)[:5]))}, of which none is in the "
                        f"label map ({', '.join(map(str, sorted(classes)[:5]))} ...).")


def read_cells(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of a csv that hold anything, as stripped cells, each with its number."""
    lines = read_lines(Path(path))
    for (number, _), cells in zip(lines, csv.reader(line for _, line in lines), strict=True):
        yield number, [cell.strip() for cell in cells]


def place(cells: Sequence[str], where: str) -> tuple[float, Box]:
    """The second and the box that a row begins with, after its video."""
    if not cells[0]:
        raise DataError(f"{where}: the name of the video is missing.")
    try:
        x1, y1, x2, y2 = (float(cell) for cell in cells[2:6])
    except ValueError:
        raise DataError(f"{where}: the box {', '.join(cells[2:6])} is not four numbers.") from None
    if not all(-FAR < side < FAR for side in (x1, y1, x2, y2)):
        raise DataError(f"{where}: the box {', '.join(cells[2:6])} came; expected parts of the picture, from 0 to 1, "
                        "not pixels.")
    return second(cells[1], where), (x1, y1, x2, y2)


def second(text: str, where: str) -> float:
    """A timestamp in seconds."""
    try:
        seconds = float(text)
    except ValueError:
        raise DataError(f"{where}: the timestamp {text!r} is no number of seconds.") from None
    if not abs(seconds) < 1e9:
        raise DataError(f"{where}: the timestamp {text!r} is no number of seconds.")
    return round(seconds, 6)  # as the official evaluation tells key frames apart


def shown(seconds: float) -> str:
    """A timestamp as AVA writes it, to the microsecond."""
    return f"{int(seconds):04d}" if seconds == int(seconds) else f"{seconds:.6f}".rstrip("0").rstrip(".")
