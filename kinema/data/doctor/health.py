"""What the doctor found in a list of clips, and the list without it."""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kinema.data.clips import ClipTable
from kinema.data.doctor.inspect import FileHealth

KINDS = {  # a kind of problem, what it means, and whether its clips are left out of the cleaned list
    "missing": ("no file is there", True),
    "unreadable": ("no frame can be read", True),
    "short": ("fewer frames than asked for", True),
    "conflict": ("the same content under different labels", True),
    "duplicate": ("the same content as another clip", True),
    "leak": ("the source is also on the other side of a split", True),
    "unlabelled": ("no label", True),
    "broken": ("partly broken: the frames that could be read are used", False),
    "empty class": ("a class has no clip", False),
}


@dataclass(frozen=True)
class Problem:
    """Something wrong with the clip of one row (None: with the list as a whole), a kind of `KINDS` and a sentence."""

    kind: str
    row: int | None
    text: str


@dataclass(frozen=True)
class HealthReport:
    """The clips, what decoding each file has shown (by path), and all problems; made by `check`."""

    table: ClipTable
    files: dict[str, FileHealth] = field(repr=False)
    problems: tuple[Problem, ...]

    def count(self) -> dict[str, int]:
        """How many problems there are of each kind."""
        found = Counter(problem.kind for problem in self.problems)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def clean(self) -> ClipTable:
        """The clips without a problem that leaves them out; partly broken ones stay."""
        out = {problem.row for problem in self.problems if KINDS[problem.kind][1]}
        kept = self.table.subset(number for number in range(len(self.table)) if number not in out)
        note = f"{len(self.table) - len(kept)} of {len(self.table)} clips were left out."
        return replace(kept, notes=(*kept.notes, note))

    def write_clean(self, path: str | Path) -> Path:
        """Write the cleaned list as a csv that `read_table` reads; its paths start at the csv's own folder."""
        return self.clean().save(path)

    def sizes(self) -> list[tuple[str, int]]:
        """Picture sizes (width x height) and how many files have each, the most frequent first."""
        return Counter(f"{file.width}x{file.height}" for file in self.readable()).most_common()

    def readable(self) -> list[FileHealth]:
        """The files that can be read."""
        return [file for file in self.files.values() if file.error is None]

    def ranges(self) -> dict[str, tuple[float, float, float]]:
        """Least, middle and largest value over the files of what is measured."""
        files = self.readable()
        measures = {
            "frames": [float(file.frames) for file in files],
            "duration_seconds": [file.duration_seconds for file in files],
            "fps": [file.fps for file in files],
            "megabytes": [file.bytes / 1e6 for file in files],
        }
        ordered = {name: sorted(values) for name, values in measures.items() if values}
        return {name: (values[0], values[len(values) // 2], values[-1]) for name, values in ordered.items()}

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for json."""
        rows = self.table.rows
        return {
            "clips": len(rows),
            "clean_clips": len(self.clean()),
            "files": len(self.files),
            "classes": len(self.table.labels),
            "healthy": not self.problems,
            "problem_counts": self.count(),
            "class_counts": self.table.counts(),
            "split_counts": dict(Counter(row.split for row in rows if row.split)),
            "sources": len({row.source for row in rows if row.source is not None}),
            "sizes": dict(self.sizes()),
            "ranges": {name: list(values) for name, values in self.ranges().items()},
            "total_seconds": sum(file.duration_seconds for file in self.readable()),
            "problems": [
                {**asdict(problem), "path": None if problem.row is None else rows[problem.row].path}
                for problem in self.problems
            ],
            "notes": list(self.table.notes),
        }

    def to_text(self) -> str:
        """The report as plain lines."""
        from kinema.data.doctor.show import text

        return text(self)
