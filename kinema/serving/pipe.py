"""Messages between a server and a process that decodes for it: a line of JSON, and the bytes that it announces."""

import json
import os
import select
import time
from typing import Any, BinaryIO

ROOM = 1 << 20  # bytes that may lie in the pipe, where the system allows to ask for it
SET_PIPE_SIZE = 1031  # Linux's F_SETPIPE_SZ


class LateError(Exception):
    """The other side has not answered in time."""


def send(file: BinaryIO, message: dict[str, Any], *parts: memoryview) -> None:
    """Write a message, and parts that follow it byte by byte."""
    file.write(json.dumps({**message, "bytes": sum(part.nbytes for part in parts)}).encode() + b"\n")
    for part in parts:
        file.write(part)
    file.flush()


class Incoming:
    """The messages that come out of a pipe; `allowed_seconds` may be spent waiting for them, altogether."""

    def __init__(self, file: BinaryIO) -> None:
        self.descriptor, self.rest, self.allowed_seconds = file.fileno(), bytearray(), 0.0
        try:
            import fcntl

            fcntl.fcntl(self.descriptor, SET_PIPE_SIZE, ROOM)
        except (ImportError, OSError):
            pass

    def message(self) -> tuple[dict[str, Any], bytearray] | None:
        """The next message and its bytes; None where the other side has ended. LateError: it takes too long."""
        while b"\n" not in self.rest:
            if not (came := self.some(ROOM)):
                return None
            self.rest += came
        line, _, rest = self.rest.partition(b"\n")
        head = json.loads(line)
        body, self.rest = bytearray(head["bytes"]), bytearray()
        filled = min(len(rest), len(body))
        body[:filled], self.rest = rest[:filled], rest[filled:]
        while filled < len(body):
            if not (came := self.some(len(body) - filled)):
                return None
            body[filled : filled + len(came)] = came
            filled += len(came)
        return head, body

    def some(self, most: int) -> bytes:
        """What has come, once something has; nothing at the end."""
        began = time.monotonic()
        if not select.select([self.descriptor], [], [], max(self.allowed_seconds, 0))[0]:
            raise LateError
        self.allowed_seconds -= time.monotonic() - began
        return os.read(self.descriptor, most)
