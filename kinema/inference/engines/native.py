"""C code of this package, compiled for this machine with its own compiler the first time that it is wanted."""

import ctypes
import logging
import os
import platform
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path

from kinema.data.cache import default_folder
from kinema.errors import KinemaError
from kinema.files import write_atomic

FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC", "-pthread")
LOG = logging.getLogger("kinema")


@cache
def library(name: str) -> ctypes.CDLL | None:
    """The library of `name`.c beside this file; None, and a line in the log, where there is no compiler for it."""
    source = Path(__file__).with_name(f"{name}.c")
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        LOG.info("There is no C compiler (cc), so %s is left to the engines' own code.", name)
        return None
    facts = [source.read_text(encoding="utf-8"), compiler, *FLAGS, platform.machine(), processor()]
    path = default_folder().with_name("native") / f"{name}-{sha256(repr(facts).encode()).hexdigest()[:16]}.so"
    try:
        if not path.is_file():
            write_atomic(path, lambda out: subprocess.run(
                [*compiler.split(), *FLAGS, "-o", str(out), str(source)], check=True, capture_output=True, text=True))
        return ctypes.CDLL(str(path))
    except (OSError, KinemaError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", "") or str(error)
        LOG.info("%s.c could not be compiled, so it is left to the engines' own code: %s", name, why.strip())
        return None


def processor() -> str:
    """What the processor says of itself, which decides what is compiled for it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    own = ("vendor_id", "cpu family", "model", "flags", "Features", "CPU implementer", "CPU part")
    return "\n".join(dict.fromkeys(line for line in lines if line.partition(":")[0].strip() in own))
