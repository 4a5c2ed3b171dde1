"""How the cameras are, for a person who watches the command."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from kinema.live.watcher import Watcher

EVERY_SECONDS = 30.0  # a line where there is no terminal
DRAWN_PER_SECOND = 4


class Status:
    """Draws a table of the cameras while it is entered, in a terminal; elsewhere says a line now and then.

    Both go to standard error. It is told of every event, and keeps the newest of each camera. words: say in words what
    becomes of cameras and which alerts there are, for who does not see the JSON lines.
    """

    def __init__(self, words: bool = True) -> None:
        self.words = words
        self.states: dict[str, str] = {}
        self.best: dict[str, str] = {}
        self.counted: dict[str, tuple[float, int]] = {}  # when frames were counted last, and how many there were
        self.fps: dict[str, float] = {}
        self.watcher: Watcher | None = None
        self.live: Any = None
        self.last = time.monotonic()

    def __call__(self, event: dict[str, Any]) -> None:
        """What happened."""
        camera = event.get("camera", "")
        if event["event"] == "camera":
            reason = f": {event['reason']}" if "reason" in event else ""
            self.states[camera] = event["state"]
            self.tell(f"{camera}: {event['state']}{reason}")
        elif event["event"] == "answer":
            label, score = next(iter(event["top"].items()))
            self.best[camera] = f"{label} {score:.0%}"
        elif event["event"] == "problem":
            self.tell(f"{camera}: {event['reason']}")
        elif event["event"] in ("alert", "alert_end"):
            over = " is over" if event["event"] == "alert_end" else f" {event['score']:g}"
            self.tell(f"{event['time']} {camera}: {event['label']}{over}")
        if self.live is None and time.monotonic() - self.last > EVERY_SECONDS:
            self.last = time.monotonic()
            for row in self.rows():
                self.say("  ".join(row))

    def tell(self, text: str) -> None:
        """A line about an event, if it is wanted."""
        if self.words:
            self.say(text)

    def say(self, text: str) -> None:
        """A line, above the table if there is one."""
        if self.live is not None:
            self.live.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def rows(self) -> list[tuple[str, ...]]:
        """Each camera: its name, state, frames per second, dropped frames, best label; and how long answers take."""
        if self.watcher is None:
            return []
        took = self.watcher.latency.milliseconds() or {"median": 0.0, "p99": 0.0}
        found: list[tuple[str, ...]] = []
        for number, camera in enumerate(self.watcher.cameras):
            facts = self.watcher.facts(number)
            found.append((camera.name, self.states.get(camera.name, "opening"),
                          f"{self.rate(camera.name, facts['frames']):.1f} fps", f"{facts['drop_rate']:.1%} dropped",
                          self.best.get(camera.name, ""), f"{took['median']:.0f} ms, p99 {took['p99']:.0f}"))
        return found

    def rate(self, camera: str, frames: int) -> float:
        """Frames per second since they were last counted, a second ago or more."""
        now = time.monotonic()
        then, before = self.counted.setdefault(camera, (now, frames))
        if now - then >= 1:
            self.fps[camera], self.counted[camera] = (frames - before) / (now - then), (now, frames)
        return self.fps.get(camera, 0.0)

    def __rich__(self) -> Any:
        from rich.table import Table

        drawn = Table.grid(padding=(0, 2))
        for row in self.rows():
            drawn.add_row(*row)
        return drawn

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self.live = Live(self, console=Console(stderr=True), refresh_per_second=DRAWN_PER_SECOND,
                             redirect_stdout=sys.stdout.isatty(), transient=True)
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None
