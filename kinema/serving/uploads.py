"""Uploads that go to the disk as they come: no more of one is in memory than a piece, and none may be too large."""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from kinema.serving.limits import MEGABYTE, Limits
from kinema.serving.problems import ProblemError

MOST_FIELDS = 32
MOST_FIELD = 4096  # bytes of a field that is no file, and of a JSON body
LONGEST_NAME = 200
DRAIN_SECONDS = 60.0  # two gigabytes come in that, where the network is not the slowest
SLOWEST = 4096  # bytes a second, on average: a body on its way has a place in the queue
LARGER = "Give a smaller file, or start the server with a higher --max-megabytes."


@dataclass
class Received:
    """What a request's body held: a file on the disk, and fields by name."""

    path: Path | None = None
    name: str = ""
    bytes: int = 0
    digest: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class Form:
    """Takes a multipart body piece by piece: the file of the field `video` goes to `folder`."""

    def __init__(self, boundary: bytes, folder: Path) -> None:
        self.received, self.folder = Received(), folder
        self.file: BinaryIO | None = None
        self.content = hashlib.blake2b(digest_size=8)
        self.headers: dict[bytes, bytes] = {}
        self.header, self.value, self.target = b"", b"", ""
        self.parser = MultipartParser(boundary, {
            "on_part_begin": self.begin, "on_part_data": self.data, "on_part_end": self.end,
            "on_header_field": self.header_name, "on_header_value": self.header_value,
            "on_header_end": self.header_end, "on_headers_finished": self.headers_end,
        })

    def begin(self) -> None:
        """A part begins."""
        self.headers, self.header, self.value = {}, b"", b""

    def header_name(self, data: bytes, start: int, end: int) -> None:
        """Some of a header's name."""
        self.header += data[start:end]
        self.check_header()

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """Some of a header's value."""
        self.value += data[start:end]
        self.check_header()

    def check_header(self) -> None:
        """Refuse headers and numbers of fields that no form has."""
        if len(self.header) + len(self.value) > MOST_FIELD or len(self.received.fields) > MOST_FIELDS:
            raise FormParserError("its headers are too long or its fields too many")

    def header_end(self) -> None:
        """A header is whole."""
        self.headers[self.header.lower()] = self.value
        self.header = self.value = b""

    def headers_end(self) -> None:
        """What the part is: the video, a field, or nothing that is wanted."""
        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        self.target = options.get(b"name", b"").decode("utf-8", "replace")
        if options.get(b"filename") and self.target != "video":  # a form's empty field has an empty name
            raise ProblemError(422, "wrong_field", f"The file came as the field {self.target[:LONGEST_NAME]!r}; it is "
                               "expected as 'video'.", "Send it as that: curl -F video=@match.mp4.")
        if self.target == "video" and b"filename" in options:
            if self.received.path is not None:
                raise ProblemError(422, "two_videos", "The form holds more than one video.", "Send each by itself.")
            self.received.name = shown_name(options[b"filename"].decode("utf-8", "replace"))
            suffix = PurePosixPath(self.received.name).suffix[:10]
            self.received.path = self.folder / f"{token_hex(8)}{suffix if suffix[1:].isalnum() else ''}"
            self.file = self.received.path.open("xb")

    def data(self, data: bytes, start: int, end: int) -> None:
        """Some of the part."""
        if self.file is not None:
            piece = memoryview(data)[start:end]
            self.file.write(piece)
            self.content.update(piece)
            self.received.bytes += end - start
        elif len(self.value) + end - start <= MOST_FIELD:
            self.value += data[start:end]
        else:
            raise ProblemError(422, "field_too_long", f"The field {self.target!r} is longer than {MOST_FIELD} bytes.",
                               "Send the file as the field 'video', with a file name.")

    def end(self) -> None:
        """The part is whole."""
        if self.file is not None:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
            self.file, self.received.digest = None, self.content.hexdigest()
        else:
            self.received.fields[self.target] = self.value.decode("utf-8", "replace")

    def give_up(self) -> None:
        """Leave nothing behind."""
        if self.file is not None:
            self.file.close()
        if self.received.path is not None:
            self.received.path.unlink(missing_ok=True)


def shown_name(name: str) -> str:
    """A file's name as its owner gave it, without folders and what cannot be printed."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in bare if letter.isprintable())[-LONGEST_NAME:] or "video"


async def drain(request: Request) -> None:
    """Throw away what still comes of a body, for a while: a caller that is cut off while it sends hears no answer."""
    if "expect" in request.headers:
        return  # it waits to be asked for the body
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):  # the last: all of it has been read
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in request.stream():
                pass


async def receive(request: Request, folder: Path, limits: Limits) -> Received:
    """A request's body: multipart with a file, or JSON with fields; ProblemError says what is wrong with it."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    too_large = ProblemError(413, "too_large", f"The upload is larger than {limits.upload_bytes / MEGABYTE:.4g} MB.",
                             LARGER, {"Connection": "close"})
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limits.upload_bytes:
        raise too_large
    if kind == b"application/json":
        return json_fields(await body_of(request, limits))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ProblemError(415, "not_a_form", "The body is no form with a file.",
                           "Send multipart/form-data with the field 'video' (curl -F video=@match.mp4), or JSON.")
    form: Form | None = None
    try:
        form = Form(options[b"boundary"], folder)
        async for piece in coming(request, limits.idle_seconds, limits.upload_bytes, too_large):
            await run_in_threadpool(form.parser.write, piece)
        form.parser.finalize()
        if form.parser.state != MultipartState.END:
            raise FormParserError("it ends before its last boundary")
        return form.received
    except BaseException as error:
        if form is not None:
            form.give_up()
        if isinstance(error, FormParserError | ClientDisconnect):
            raise ProblemError(400, "broken_form", f"The form cannot be read: {error or 'it was not sent whole'}.",
                               "Send it again.") from None
        if isinstance(error, OSError):
            raise ProblemError(507, "disk", f"The upload cannot be stored: {error.strerror}.",
                               "Free some space on the server.") from None
        raise


async def coming(
    request: Request, idle_seconds: float, most_bytes: int, too_large: ProblemError
) -> AsyncIterator[bytes]:
    """A body piece by piece; ProblemError where it is too large, or comes so slowly that it only takes up room."""
    pieces, came, began = request.stream(), 0, time.monotonic()
    while True:
        try:
            piece = await asyncio.wait_for(anext(pieces), idle_seconds)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ProblemError(408, "too_slow", f"Nothing came for {idle_seconds:g} s.", "Send it again.") from None
        came += len(piece)
        if came > most_bytes:
            raise too_large
        if time.monotonic() - began > idle_seconds + came / SLOWEST:
            raise ProblemError(408, "too_slow", f"Less than {SLOWEST} bytes came a second.", "Send it again.")
        yield piece


async def body_of(request: Request, limits: Limits) -> bytes:
    """A small body."""
    too_large = ProblemError(413, "too_large", f"A JSON body holds {MOST_FIELD} bytes at most.")
    return b"".join([piece async for piece in coming(request, limits.idle_seconds, MOST_FIELD, too_large)])


def json_fields(body: bytes) -> Received:
    """The fields of a JSON body."""
    values: Any = None
    with suppress(ValueError, RecursionError):
        read = json.loads(body)
        json.dumps(read, ensure_ascii=False).encode()  # half a character is no text
        values = read
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ProblemError(422, "not_fields", "The body is no JSON object of texts.",
                           'Send {"library": "match.mp4"}, or a form with a file.')
    return Received(fields=values)
