"""Stopping a training in good order."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class Stop:
    """While in its `with`, Ctrl-C and SIGTERM (a cluster that wants its machine back) only set `asked`.

    The loop looks at `asked` between steps, saves and stops; a second Ctrl-C stops at once.
    """

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        try:
            self.before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not in the main thread: whoever owns that thread owns the signals
            self.before = {}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
