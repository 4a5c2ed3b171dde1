"""Progress of long work: a bar with the time left in a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self
from unicodedata import category

UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # control characters, halves of letters, ends of lines and of paragraphs


def one_line(text: str) -> str:
    """A text on one line that any terminal can show: the newline of a file's name stands in it as \\n."""
    return "".join(letter.encode("unicode_escape").decode() if category(letter) in UNSEEN else letter
                   for letter in text)


class Progress:
    """`with Progress("training", total) as bar: bar.advance(1, "loss 0.3")`; writes to standard error.

    Where the output is no terminal, a line is written every `every_seconds` and at the end.
    """

    def __init__(self, title: str, total: int, done: int = 0, every_seconds: float = 15.0, quiet: bool = False) -> None:
        self.title, self.total, self.done, self.note = title, total, done, ""
        self.every_seconds, self.quiet = every_seconds, quiet
        self.started = self.last = time.monotonic()
        self.first = done
        self.bar: Any = None

    def __enter__(self) -> Self:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self.bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("[dim]{task.fields[note]}"),
                console=Console(stderr=True),
            )
            self.task = self.bar.add_task(self.title, total=self.total, completed=self.done, note="")
            self.bar.start()
        return self

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count work done; `note` is shown beside it."""
        self.done += count
        self.note = note or self.note
        if self.bar is not None:
            self.bar.update(self.task, completed=self.done, note=self.note)
        elif not self.quiet and time.monotonic() - self.last >= self.every_seconds:
            self.last = time.monotonic()
            self._line()

    def say(self, text: str) -> None:
        """Write a line of its own, above the bar."""
        if self.bar is not None:
            self.bar.console.print(text, highlight=False, markup=False)
        elif not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def _line(self) -> None:
        spent = time.monotonic() - self.started
        left = spent / max(self.done - self.first, 1) * (self.total - self.done)
        print(
            f"{self.title}: {self.done}/{self.total}, {spent:.0f} s, about {left:.0f} s left"
            + (f", {self.note}" if self.note else ""),
            file=sys.stderr,
            flush=True,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()
        elif not self.quiet and kind is None and self.total:
            self._line()
