"""The server's side of a process that decodes: it may crash, hang or run out of memory without harm to the server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from kinema.models.clip import ClipSpec
from kinema.serving.limits import Limits
from kinema.serving.pipe import Incoming, LateError, send
from kinema.serving.problems import Problem

VIDEOS_PER_PROCESS = 2000  # then a fresh one, so that a leak in a decoder stays small
HINTS = {
    "unreadable": "Give a video that plays elsewhere, such as an MP4 with H.264.",
    "too_long": "Cut it into shorter parts, or start the server with a higher --max-seconds.",
    "too_large": "Give a smaller copy of the video, or start the server with a higher --decode-gigabytes.",
    "decoder_died": "The file is damaged in a way that crashes the decoder. Encode it again.",
    "decoder_late": "The file is damaged or very large. Encode it again, or start with a higher --decode-seconds.",
}


class DecodingError(Exception):
    """A video could not be turned into clips."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, HINTS[code])


class EndedError(DecodingError):
    """Somebody ended the process, which tells nothing of the video."""


@dataclass(frozen=True)
class Message:
    """What a process tells of a video: `kind` (video, window, part, end), facts, and clips (V C T H W) if there are."""

    kind: str
    facts: dict[str, Any]
    clips_VCTHW: torch.Tensor | None


@dataclass
class DecodingProcess:
    """One process, started when first needed and again after it was lost."""

    clip: ClipSpec
    window_seconds: float
    limits: Limits
    process: Any = None
    videos: int = 0
    incoming: Incoming | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the process, if none runs; it finds the packages that this one finds."""
        if self.process is not None and self.process.poll() is None and self.videos < VIDEOS_PER_PROCESS:
            return
        self.stop()
        settings = {"clip": self.clip.to_dict(), "window_seconds": self.window_seconds,
                    "bytes": self.limits.decode_bytes, "seconds": self.limits.decode_seconds,
                    "duration_seconds": self.limits.duration_seconds}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kinema.serving.decoder", json.dumps(settings)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        self.videos, self.incoming = 0, Incoming(self.process.stdout)

    def messages(self, path: Path, name: str, **wanted: float) -> Generator[Message, None, None]:
        """What there is to tell of a video; DecodingError says why there is no more.

        wanted: `overlap`, `whole` and `views` of windows, or `start_seconds` and `end_seconds` of one part.
        Where the reader stops before the end, the process is given up.
        """
        self.start()
        self.videos += 1
        process, incoming = self.process, self.incoming
        assert incoming is not None
        incoming.allowed_seconds = self.limits.decode_seconds
        whole = False
        try:
            send(process.stdin, {"path": str(path), "name": name, **wanted})
            while (came := incoming.message()) is not None:
                facts, body = came
                whole = facts["kind"] in ("end", "problem")
                if facts["kind"] == "problem":
                    raise DecodingError(facts["code"], facts["message"])
                clips = torch.frombuffer(body, dtype=torch.float32).reshape(facts["shape"]) if body else None
                yield Message(facts["kind"], facts, clips)
                if whole:
                    return
            raise self.died(process.wait())
        except LateError:
            seconds = self.limits.decode_seconds
            raise DecodingError("decoder_late", f"{name} was not decoded after {seconds:g} s.") from None
        except OSError:
            raise self.died(process.wait()) from None
        finally:
            if not whole:
                self.stop()

    def died(self, code: int) -> DecodingError:
        """What is told of a process that ended."""
        kind = EndedError if -code in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) else DecodingError
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return kind("decoder_died", f"The process that decodes the video {how}.")

    def kill(self) -> None:
        """End the process under the hands of whoever reads from it."""
        if (process := self.process) is not None:
            process.kill()

    def stop(self) -> None:
        """End the process, whatever it is at."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
