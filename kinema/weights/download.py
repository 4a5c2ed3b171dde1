"""Fetching a file once: resumed where it was cut off, checked by its hash, kept in a cache, used offline."""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from filelock import FileLock

from kinema.data.cache import default_folder
from kinema.errors import KinemaError
from kinema.progress import Progress

PIECE = 1 << 20  # bytes read at a time
TRIES, PATIENCE_SECONDS = 5, 1.0  # a connection that breaks off is taken up again, after twice as long each time
TIMEOUT_SECONDS = 30.0
HASHES = {40: "sha1", 64: "sha256"}  # by how many digits they have; fewer are the beginning of a sha256


class DownloadError(KinemaError):
    """A file could not be fetched, or is not the one it should be."""


def offline() -> bool:
    """Has the user forbidden to fetch anything (KINEMA_OFFLINE=1)?"""
    return os.environ.get("KINEMA_OFFLINE", "").lower() not in ("", "0", "false", "no")


def weights_folder() -> Path:
    """Where fetched files are kept: $KINEMA_CACHE/weights, else kinema/weights in the user's cache folder."""
    return default_folder().parent / "weights"


def fetch(
    url: str, name: str, expected: str | None = None, quiet: bool = False, recheck: bool = False
) -> Path:
    """The file at `url`, kept in the cache as `name`.

    `expected` is its sha256 or sha1, or the first digits of its sha256. A part that was fetched before is gone on with.
    With `recheck` a file that is in the cache already is checked too, and fetched anew where it was damaged. Raises
    DownloadError where it cannot be had or is another file; a wrong file is deleted.
    """
    path = weights_folder() / name
    if path.is_file() and not recheck:
        return path
    if offline():
        if path.is_file() and not (problem := problem_of(path, expected, url)):
            return path
        if path.is_file():
            raise DownloadError(f"{path} is damaged, and KINEMA_OFFLINE=1 forbids to fetch it anew: {problem}")
        raise DownloadError(f"{name} is not in the cache ({path.parent}), and KINEMA_OFFLINE=1 forbids to fetch it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    locks = weights_folder() / ".locks"
    locks.mkdir(exist_ok=True)
    with FileLock(locks / name.replace("/", "-")):  # two that fetch one file do not write into one part
        if path.is_file() and recheck and problem_of(path, expected, url):
            path.unlink()
        if not path.is_file():
            fetch_part(url, path.with_name(path.name + ".part"), name, expected, quiet).replace(path)
    return path


def fetch_part(url: str, part: Path, name: str, expected: str | None, quiet: bool) -> Path:
    """Fetch the rest of a part, as often as it takes, and check it."""
    for attempt in range(TRIES):
        try:
            continued(url, part, name, quiet)
            break
        except HTTPError as error:
            if error.code < 500 or attempt == TRIES - 1:
                raise DownloadError(f"{url} answers {error.code} ({error.reason}).") from error
        except (URLError, OSError, CutOff) as error:
            if attempt == TRIES - 1:
                reason = getattr(error, "reason", error)
                raise DownloadError(f"{name} could not be fetched from {url}: {reason}. What has come so far is kept; "
                                    "the next try goes on from there.") from error
        time.sleep(PATIENCE_SECONDS * 2**attempt)
    version_of(part).unlink(missing_ok=True)
    if problem := problem_of(part, expected, url):
        part.unlink()
        raise DownloadError(f"{problem} It was deleted.")
    return part


def version_of(part: Path) -> Path:
    """Where it is kept which version of a file a part is of, as its server calls it."""
    return part.with_name(part.name + ".version")


class CutOff(Exception):  # noqa: N818 (named as what it says)
    """Fewer bytes came than were promised."""


def continued(url: str, part: Path, name: str, quiet: bool) -> None:
    """Fetch what is missing of a file."""
    have = part.stat().st_size if part.is_file() else 0
    version = version_of(part).read_text(encoding="utf-8") if have and version_of(part).is_file() else ""
    more = {"Range": f"bytes={have}-", **({"If-Range": version} if version else {})} if have else {}
    request = Request(url, headers={"User-Agent": "kinema", **more})
    try:
        answer = urlopen(request, timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        if error.code == 416 and have:  # nothing is left to fetch, or another file is there now: its hash will tell
            if error.headers.get("Content-Range", "").endswith(f"/{have}"):
                return
            part.unlink()
            return continued(url, part, name, quiet)
        raise
    with answer:
        if answer.status != 206:  # the server begins anew
            have = 0
            version_of(part).write_text(answer.headers.get("ETag", ""), encoding="utf-8")
        length = answer.headers.get("Content-Length")
        whole = have + int(length) if length else None
        megabytes = (whole or 0) // PIECE
        with part.open("ab" if have else "wb") as file, Progress(name, megabytes, have // PIECE, quiet=quiet) as bar:
            for piece in pieces(answer):
                file.write(piece)
                bar.advance((have + len(piece)) // PIECE - have // PIECE, "MB")
                have += len(piece)
    if whole is not None and have < whole:
        raise CutOff(f"only {have} of {whole} bytes came")


def pieces(answer: Any) -> Iterator[bytes]:
    """A file bit by bit."""
    while piece := answer.read(PIECE):
        yield piece


def problem_of(path: Path, expected: str | None, url: str) -> str:
    """What is wrong with a file that came from `url`: it is empty, a web page, or its hash is another; else nothing."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        return f"{url} gives an empty file."
    if re.match(rb"\s*<(!doctype|html)", start, re.IGNORECASE):
        return f"{url} gives a web page instead of a file. Fetch it in a browser and load it by its path."
    if not expected:
        return ""
    digest = hashlib.new(HASHES.get(len(expected), "sha256"))
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    if digest.hexdigest().startswith(expected.lower()):
        return ""
    return (f"{url} gives another file than expected: its {digest.name} begins with {digest.hexdigest()[:16]}, "
            f"not with {expected[:16]}.")
