"""Stopping a training in good order."""

import signal
import time
from types import FrameType, TracebackType
from typing import Any, Self

SAME_SECONDS = 1.0


class Stop:
    """While in its `with`, Ctrl-C and SIGTERM (a cluster that wants its machine back) only set `asked`.

    The loop looks at `asked` between steps, saves and stops; a second Ctrl-C stops at once. What follows within a
    second is the same one: it reaches a process by several ways.
    """

    def __init__(self) -> None:
        self.asked = False
        self.first = 0.0
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        try:
            self.before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not in the main thread: whoever owns that thread owns the signals
            self.before = {}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and time.monotonic() - self.first > SAME_SECONDS:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked, self.first = True, time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
