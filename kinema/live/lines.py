"""What happens, as JSON: a line an event."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, TextIO

from kinema.errors import RunError


class Lines:
    """Writes events to a file, which is added to, or where there is none to standard output; any thread may write."""

    def __init__(self, path: Path | None = None) -> None:
        self.alone = Lock()
        try:
            self.file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        except OSError as error:
            raise RunError(f"{path} cannot be written: {error.strerror}.") from error

    def __call__(self, event: dict[str, Any]) -> None:
        """Write an event at once."""
        out = self.file or sys.stdout  # which a table in a terminal takes for its own meanwhile
        with self.alone:
            out.write(json.dumps(event, ensure_ascii=False) + "\n")
            out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.file:
            self.file.close()


def event(kind: str, camera: str | None, **facts: Any) -> dict[str, Any]:
    """An event of a camera, or of all; facts that are None are left out."""
    told = {"event": kind, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), "camera": camera, **facts}
    return {name: value for name, value in told.items() if value is not None}
