"""The kernels' C++, built once for this machine with its own compiler, and kept in the user's cache folder."""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from kinema.files import cache_folder

SOURCES = ("depthwise.cpp", "norm.cpp", "product.cpp")
HEADERS = ("common.h",)
COMPILERS = ("c++", "g++", "clang++")
FLAGS = ("-O3", "-std=c++17", "-shared", "-fPIC", "-w")
CHOICES = (("-march=native", "-fopenmp"), ("-march=native",), ("-fopenmp",), ())  # the first that the compiler takes
DIGEST = hashlib.sha256().digest_size
PATIENCE_SECONDS = 300
WORDS = {"off", "0", "false", "no"}


class BuildError(Exception):
    """The kernels cannot be had; the message says why."""


@cache
def library() -> ctypes.CDLL | None:
    """The kernels, built the first time they are asked for; None, told once, where they cannot be had or are switched
    off (KINEMA_KERNELS=off)."""
    if os.environ.get("KINEMA_KERNELS", "").lower() in WORDS:
        return None
    try:
        found = ctypes.CDLL(str(built(cache_folder() / "kernels")))
        for name in ("depthwise_room", "norm_room", "product_room"):
            getattr(found, name).restype = ctypes.c_int64
    except (BuildError, OSError, AttributeError, subprocess.SubprocessError) as error:
        logging.getLogger(__name__).warning("Training goes on without kernels of its own, more slowly: %s", error)
        return None
    return found


def built(folder: Path) -> Path:
    """The library in a folder, made there where it is absent or damaged."""
    named = [os.environ["CXX"]] if os.environ.get("CXX") else COMPILERS
    compiler = next(filter(None, map(shutil.which, named)), None)
    if compiler is None:
        raise BuildError(f"there is no C++ compiler ({', '.join(named)}).")
    here = Path(__file__).parent
    version = subprocess.run([compiler, "--version"], capture_output=True, timeout=PATIENCE_SECONDS, check=True).stdout
    key = hashlib.sha256(b"\0".join([version, processor(), *map(str.encode, FLAGS),
                                     *((here / name).read_bytes() for name in (*HEADERS, *SOURCES))]))
    path = folder / f"{key.hexdigest()[:24]}.so"
    if not whole(path):
        make(compiler, [here / name for name in SOURCES], path)
    return path


def make(compiler: str, sources: list[Path], path: Path) -> None:
    """Build a library with its digest behind it; others see all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        unfinished = Path(work) / path.name
        for choice in CHOICES:
            told = subprocess.run([compiler, *FLAGS, *choice, *map(str, sources), "-o", str(unfinished)],
                                  capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            if told.returncode == 0 and unfinished.is_file():
                break
        else:
            raise BuildError(f"{compiler} cannot build them: {told.stderr.strip()[-300:] or 'it says nothing'}")
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
