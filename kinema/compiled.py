"""Code of this package in C and C++, built once for this machine by its own compiler, and kept in the cache."""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kinema.files import cache_folder

CHOICES = (("-march=native", "-fopenmp"), ("-march=native",), ("-fopenmp",), ())  # the first that the compiler takes
DIGEST = hashlib.sha256().digest_size
PATIENCE_SECONDS = 300
SWITCH, WORDS = "KINEMA_KERNELS", {"off", "0", "false", "no"}


class Language(NamedTuple):
    """What builds it: the variable that names a compiler, those that are looked for, and how they are called."""

    name: str
    variable: str
    compilers: tuple[str, ...]
    flags: tuple[str, ...]


LANGUAGES = {
    ".c": Language("C", "CC", ("cc", "gcc", "clang"),
                   ("-O3", "-ffp-contract=fast", "-shared", "-fPIC", "-pthread", "-w")),
    ".cpp": Language("C++", "CXX", ("c++", "g++", "clang++"),
                     ("-O3", "-std=c++17", "-shared", "-fPIC", "-pthread", "-w")),
}


class BuildError(Exception):
    """The code cannot be had; the message says why."""


def load(sources: Sequence[Path], headers: Sequence[Path] = ()) -> ctypes.CDLL | None:
    """The library of some sources; None where that is switched off (KINEMA_KERNELS=off). Raises BuildError."""
    if os.environ.get(SWITCH, "").lower() in WORDS:
        return None
    try:
        return ctypes.CDLL(str(built(cache_folder() / "compiled", sources, headers)))
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(str(error)) from error


def built(folder: Path, sources: Sequence[Path], headers: Sequence[Path] = ()) -> Path:
    """The library in a folder, made there where it is absent or damaged."""
    language = LANGUAGES[sources[0].suffix]
    own = os.environ.get(language.variable)
    named = [own] if own else language.compilers
    compiler = next(filter(None, map(shutil.which, named)), None)
    if compiler is None:
        raise BuildError(f"there is no compiler for {language.name} ({', '.join(named)}).")
    version = subprocess.run([compiler, "--version"], capture_output=True, timeout=PATIENCE_SECONDS, check=True).stdout
    key = hashlib.sha256(b"\0".join([version, processor(), *map(str.encode, language.flags),
                                     *(path.read_bytes() for path in (*headers, *sources))]))
    path = folder / f"{sources[0].stem}-{key.hexdigest()[:24]}.so"
    if not whole(path):
        make([compiler, *language.flags], sources, path)
    return path


def make(command: Sequence[str], sources: Sequence[Path], path: Path) -> None:
    """Build a library with its digest behind it; others see all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        unfinished = Path(work) / path.name
        for choice in CHOICES:
            told = subprocess.run([*command, *choice, *map(str, sources), "-o", str(unfinished)],
                                  capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            if told.returncode == 0 and unfinished.is_file():
                break
        else:
            raise BuildError(f"{command[0]} cannot build them: {told.stderr.strip()[-300:] or 'it says nothing'}")
        content = unfinished.read_bytes()
        unfinished.write_bytes(content + hashlib.sha256(content).digest())
        unfinished.replace(path)


def whole(path: Path) -> bool:
    """Is this a library of ours, with all that was written? One cut short would kill the process that loads it."""
    try:
        content = path.read_bytes()
        own = not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
    except OSError:
        return False
    return own and len(content) > DIGEST and hashlib.sha256(content[:-DIGEST]).digest() == content[-DIGEST:]


def processor() -> bytes:
    """What the code is made for: the processor and what it can do."""
    try:
        lines = Path("/proc/cpuinfo").read_bytes().split(b"\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.node()}".encode()
    return b"".join(line for line in lines if line.startswith((b"model name", b"flags", b"Features", b"CPU part")))
