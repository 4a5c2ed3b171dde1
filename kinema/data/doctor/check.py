"""Check a list of clips: decode every file, then compare what was found."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from kinema.data.clips import ClipTable, read_table
from kinema.data.doctor.health import KINDS, HealthReport, Problem
from kinema.data.doctor.inspect import FileHealth, Part, part_of
from kinema.data.doctor.pool import inspect_all
from kinema.data.shards.unpack import is_there

WHOLE: Part = (None, None, None, None)
SIDES = ("test", "val", "train")  # of two copies on different sides, the one on the first of these is kept
SHOWN = 3  # clips with the same frames that a problem names


def check(
    data: str | Path | ClipTable,
    workers: int = 2,
    min_frames: int = 8,
    timeout_seconds: float = 600.0,
    progress: Callable[[int, int], None] | None = None,
) -> HealthReport:
    """Decode every file of a list in `workers` processes and report all that is wrong with its clips.

    data: a table, or what `read_table` reads. min_frames: fewer make a clip too short. timeout_seconds: for one file,
    after which it counts as unreadable. progress(done, total): called after each file. Memory: one frame a process,
    beside a few numbers a frame.
    """
    table = data if isinstance(data, ClipTable) else read_table(data)
    parts: dict[str, list[Part]] = defaultdict(list)
    for row in table.rows:
        if part_of(row) not in parts[row.path]:
            parts[row.path].append(part_of(row))
    there = {path: wanted for path, wanted in parts.items() if is_there(table.root / path)}
    files = {path: FileHealth(error=f"{table.root / path} does not exist.") for path in parts if path not in there}
    paths = list(there)
    tasks = ((table.root / path, there[path]) for path in paths)
    for done, (number, health) in enumerate(inspect_all(tasks, max(1, min(workers, len(paths))), timeout_seconds), 1):
        files[paths[number]] = health
        if progress is not None:
            progress(done, len(paths))
    files = {path: files[path] for path in parts}
    found = [*broken(table, files, parts, min_frames), *copies(table, files), *leaks(table), *missing_labels(table)]
    order = {kind: place for place, kind in enumerate(KINDS)}
    found.sort(key=lambda problem: (order[problem.kind], -1 if problem.row is None else problem.row))
    return HealthReport(table, files, tuple(found))


def broken(
    table: ClipTable, files: dict[str, FileHealth], parts: dict[str, list[Part]], min_frames: int
) -> Iterator[Problem]:
    """Clips that are missing, unreadable, partly broken or too short."""
    for number, row in enumerate(table.rows):
        file = files[row.path]
        if file.error is not None:
            yield Problem("unreadable" if is_there(table.place(row)) else "missing", number, file.error)
            continue
        if file.warnings:
            yield Problem("broken", number, f"{row.path}: {'; '.join(file.warnings)}")
        frames = file.part_frames[parts[row.path].index(part_of(row))]
        if frames < min_frames:
            where = "" if part_of(row) == WHOLE else f" of the file's {file.frames} in its part"
            yield Problem("short", number, f"{row.path}: {frames} frames{where}, fewer than {min_frames}.")


def copies(table: ClipTable, files: dict[str, FileHealth]) -> Iterator[Problem]:
    """Clips whose frames are all equal to another clip's: the same labels make duplicates, others a conflict."""
    same: dict[tuple[str, Part], list[int]] = defaultdict(list)
    for number, row in enumerate(table.rows):
        if files[row.path].error is None:
            same[files[row.path].content, part_of(row)].append(number)
    for numbers in same.values():
        rows = [table.rows[number] for number in numbers]
        if len(rows) == 1:
            continue
        if len({row.labels for row in rows if row.labels}) > 1:
            for number in numbers:
                alike = [f"{table.rows[n].path} ({names(table, n)})" for n in numbers if n != number]
                more = f" and {len(alike) - SHOWN} others" if len(alike) > SHOWN else ""
                others = ", ".join(alike[:SHOWN]) + more
                text = f"{table.rows[number].path} ({names(table, number)}) has the same frames as {others}."
                yield Problem("conflict", number, text)
            continue
        kept = min(numbers, key=lambda number: (side_rank(table.rows[number].split), number))
        for number in numbers:
            row, first = table.rows[number], table.rows[kept]
            if number != kept:
                across = f", across splits {row.split} and {first.split}" if row.split != first.split else ""
                yield Problem("duplicate", number, f"{row.path} has the same frames as {first.path}{across}.")


def names(table: ClipTable, number: int) -> str:
    """The classes of a row, in words."""
    return "; ".join(table.labels[label] for label in table.rows[number].labels) or "no label"


def side_rank(split: str | None) -> int:
    """Test clips are kept before validation and training clips."""
    return SIDES.index(split) if split in SIDES else len(SIDES)


def leaks(table: ClipTable) -> Iterator[Problem]:
    """Clips whose source is also in another split, or fold, than theirs; those of the side that keeps it are fine.

    Of splits the test side keeps a source, then validation; of folds the one with most of its clips.
    """
    splits, folds = ([getattr(row, name) for row in table.rows] for name in ("split", "fold"))
    for kind, sides in (("split", splits), ("fold", folds)):
        of_source: dict[str, Counter[str]] = defaultdict(Counter)
        for row, side in zip(table.rows, sides, strict=True):
            if side is not None:
                of_source[row.group][side] += 1
        for number, (row, side) in enumerate(zip(table.rows, sides, strict=True)):
            there = of_source[row.group]
            kept = min(there, key=lambda name: (side_rank(name), -there[name], name), default=side)
            if side is not None and side != kept:
                source = row.group.partition(":")[2]
                yield Problem("leak", number, f"{row.path}: source {source} is in {kind} {side} and in {kind} {kept}.")


def missing_labels(table: ClipTable) -> Iterator[Problem]:
    """Clips without a label, where one is expected; classes without a clip."""
    for number, row in enumerate(table.rows):
        if not row.labels and not table.multi_label and row.split != "test":
            yield Problem("unlabelled", number, f"{row.path} has no label.")
    for name, count in table.counts().items():
        if not count:
            yield Problem("empty class", None, f"Class {name!r} has no clip.")
