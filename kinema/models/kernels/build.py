"""The kernels' C++ as a library."""

import ctypes
import logging
from functools import cache
from pathlib import Path

from kinema.compiled import BuildError, load

HERE = Path(__file__).parent
SOURCES = tuple(HERE / name for name in ("depthwise.cpp", "norm.cpp", "product.cpp"))
HEADERS = (HERE / "common.h",)


@cache
def library() -> ctypes.CDLL | None:
    """The kernels, built the first time they are asked for; None, told once, where they cannot be had or are switched
    off (KINEMA_KERNELS=off)."""
    try:
        found = load(SOURCES, HEADERS)
        for name in ("depthwise_room", "norm_room", "product_room") if found else ():
            getattr(found, name).restype = ctypes.c_int64
    except (BuildError, AttributeError) as error:
        logging.getLogger(__name__).warning("Training goes on without kernels of its own, more slowly: %s", error)
        return None
    return found
