"""What a server accepts."""

from dataclasses import dataclass

MEGABYTE = 1_000_000  # as disks and file managers count


@dataclass(frozen=True)
class Limits:
    """How much a server takes on.

    upload_bytes: of a request's body. duration_seconds: of a video. queue: jobs that wait or run, and uploads on their
    way; more are told to come back. decode_seconds: that decoding a video may be waited for, altogether. decode_bytes:
    of address space that a process which decodes may have. idle_seconds: after which an upload that sends nothing ends.
    keep_bytes: of uploads; the oldest beyond that go. keep_days: after which an upload goes, and forget_days: after
    which a job and what was found in it go too; None: never.
    """

    upload_bytes: int = 512 * MEGABYTE
    duration_seconds: float = 3600.0
    queue: int = 64
    decode_seconds: float = 120.0
    decode_bytes: int = 6000 * MEGABYTE
    idle_seconds: float = 30.0
    keep_bytes: int = 20_000 * MEGABYTE
    keep_days: float | None = None
    forget_days: float | None = None
