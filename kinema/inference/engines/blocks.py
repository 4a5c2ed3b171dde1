"""Rows of residual blocks in C++ (blocks.cpp): what fits, and weights made ready for it.

Axes: N clips, T frames, H rows, W columns, C input channels, M channels in between, K output channels, S channels that
a gate is squeezed to.
"""

import ctypes
import logging
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kinema.compiled import BuildError, load

HERE = Path(__file__).parent
HALF = 8  # channels come in multiples of it
RING = 150_000  # floats of a ring of frames, that stay in the cache
SQUEEZED = 1024  # channels of a gate, at most
LEAST = 20_000_000  # multiplications of a row of blocks, below which starting threads is not worth it
PIXELS = 64  # room for those that are narrowed at a time
BENDS = {"Relu": 1, "Swish": 2}


@cache
def library() -> ctypes.CDLL | None:
    """The C++ code; None, told once, where it cannot be had, and where it is switched off (KINEMA_KERNELS=off)."""
    try:
        found = load([HERE / "blocks.cpp", HERE / "stem.cpp"], [HERE / "micro.h", HERE / "team.h"])
        if found:
            found.lanes.restype = ctypes.c_int64
    except (BuildError, AttributeError) as error:
        logging.getLogger(__name__).info("Blocks are left to the engines' own code: %s", error)
        return None
    return found


class Gate(NamedTuple):
    """Squeeze-excitation: a mean of each channel, two linear layers with a ReLU between them, and a sigmoid."""

    squeeze_SM: np.ndarray
    squeeze_S: np.ndarray
    excite_MS: np.ndarray
    excite_M: np.ndarray


class Block(NamedTuple):
    """A residual block: what it sees, its weights and biases, and how it steps."""

    clip_THWC: tuple[int, ...]
    step: int  # over pixels
    frame_step: int
    pad: tuple[int, int]  # frames of zeros before and after the clip
    bend: str  # how channels are bent after the convolution of each alone, or after the gate
    expand_MC: np.ndarray
    expand_M: np.ndarray
    alone_MTHW: np.ndarray
    alone_M: np.ndarray
    gate: Gate | None
    project_KM: np.ndarray
    project_K: np.ndarray
    shortcut_KC: np.ndarray | None

    @property
    def out_THWK(self) -> tuple[int, ...]:
        """The shape of what comes out."""
        frames, rows, columns, _ = self.clip_THWC
        return ((frames + sum(self.pad) - 3) // self.frame_step + 1, (rows - 1) // self.step + 1,
                (columns - 1) // self.step + 1, len(self.project_K))

    @property
    def products(self) -> int:
        """How many multiplications it takes."""
        wide, shortcut = len(self.expand_M), 0 if self.shortcut_KC is None else self.clip_THWC[3]
        outputs = self.out_THWK[3]
        return prod(self.clip_THWC) * wide + prod(self.out_THWK[:3]) * (27 * wide + outputs * (wide + shortcut))


class Facts(ctypes.Structure):
    """`Block` in blocks.cpp."""

    NUMBERS = ("frames", "rows", "columns", "inputs", "out_frames", "out_rows", "out_columns", "outputs", "hidden",
               "step", "frame_step", "pad", "bend", "squeezed", "bands", "band", "groups")
    ARRAYS = ("widths", "expand", "expand_bias", "alone", "alone_bias", "squeeze", "squeeze_bias", "excite",
              "excite_bias", "project", "project_bias", "shortcut")
    _fields_ = [*((name, ctypes.c_int64) for name in NUMBERS), *((name, ctypes.c_void_p) for name in ARRAYS)]


def group_of(left: int, lanes: int) -> int:
    """The width of the next group, of so many channels that are left, as in micro.h."""
    return next(width for width in (2 * lanes, 3 * HALF, lanes, HALF) if left >= width)


def widths_of(channels: int, lanes: int, shares: int) -> list[int]:
    """Channels of groups that are taken at a time, largest first, so that `shares` threads have as much to do."""
    units, found = channels // HALF, []
    for share in range(shares):
        left = (units * (share + 1) // shares - units * share // shares) * HALF
        while left:
            found.append(group_of(left, lanes))
            left -= found[-1]
    return sorted(found, reverse=True)


def in_groups(weights_KC: np.ndarray, widths: Sequence[int]) -> np.ndarray:
    """A matrix as the products read it: for each group of rows, all columns."""
    ends = np.cumsum([0, *widths])
    return np.concatenate([weights_KC[first:end].T.reshape(-1) for first, end in pairwise(ends)])


class Blocks:
    """A row of blocks of one clip, on `threads` threads."""

    def __init__(self, row: Sequence[Block], threads: int) -> None:
        lib = library()
        assert lib is not None  # who makes one has asked `fits`
        self.row, self.threads, self.kept = row, threads, list[np.ndarray]()
        self.facts = (Facts * len(row))(*(self.ready(block, lib.lanes()) for block in row))
        hidden = [facts.hidden * facts.out_frames * facts.out_rows * facts.out_columns for facts in self.facts]
        self.room = max(prod(block.out_THWK) for block in row)
        self.own = max(own_floats(facts, lib.lanes()) for facts in self.facts)
        sums = max(facts.bands * facts.hidden for facts in self.facts)
        self.scratch = [aligned(size) for size in (threads * self.own, max(hidden), 2 * self.room, sums)]

    def keep(self, array: np.ndarray | None, dtype: type = np.float32) -> int | None:
        """Where C finds an array, as long as this is there."""
        if array is None:
            return None
        self.kept.append(aligned(array.size, dtype))
        self.kept[-1][:] = array.reshape(-1)
        return self.kept[-1].ctypes.data

    def ready(self, block: Block, lanes: int) -> Facts:
        """A block as C sees it."""
        frames, rows, columns, inputs = block.clip_THWC
        out_frames, out_rows, out_columns, outputs = block.out_THWK
        hidden = -(-len(block.expand_M) // HALF) * HALF
        lines = RING // (3 * 2 * lanes * (columns + 2))
        bands = -(-out_rows // max((lines - 3) // block.step + 1, 1))
        bands = min(bands if bands == 1 else -(-bands // self.threads) * self.threads, out_rows)
        band = -(-out_rows // bands)
        bands = -(-out_rows // band)
        widths = widths_of(hidden, lanes, 1 if bands % self.threads == 0 else self.threads)
        more = hidden - len(block.expand_M)
        alone_M9L = np.concatenate([np.pad(block.alone_MTHW.reshape(-1, 27), ((0, more), (0, 0)))[first:first + width].T
                                    .reshape(-1) for first, width in vectors(widths, lanes)])
        gate, plain = block.gate, narrowing(outputs, lanes)
        numbers = (frames, rows, columns, inputs, out_frames, out_rows, out_columns, outputs, hidden, block.step,
                   block.frame_step, block.pad[0], BENDS[block.bend], len(gate.squeeze_S) if gate else 0, bands, band,
                   len(widths))
        arrays = (in_groups(np.pad(block.expand_MC, ((0, more), (0, 0))), widths), np.pad(block.expand_M, (0, more)),
                  alone_M9L, np.pad(block.alone_M, (0, more)),
                  np.pad(gate.squeeze_SM, ((0, 0), (0, more))).T if gate else None, gate.squeeze_S if gate else None,
                  np.pad(gate.excite_MS, ((0, more), (0, 0))).T if gate else None,
                  np.pad(gate.excite_M, (0, more)) if gate else None,
                  in_groups(np.pad(block.project_KM, ((0, 0), (0, more))), plain), block.project_K,
                  None if block.shortcut_KC is None else in_groups(block.shortcut_KC, plain))
        return Facts(*numbers, self.keep(np.array(widths), np.int64), *map(self.keep, arrays))

    def __call__(self, x_NTHWC: np.ndarray, *, y_NTHWK: np.ndarray) -> None:
        """Write y; both arrays are contiguous float32."""
        lib = library()
        assert lib is not None
        scratch, middle, between, sums = (ctypes.c_void_p(each.ctypes.data) for each in self.scratch)
        lib.blocks(self.facts, ctypes.c_int64(len(self.row)), ctypes.c_void_p(x_NTHWC.ctypes.data),
                   ctypes.c_void_p(y_NTHWK.ctypes.data), between, ctypes.c_int64(self.room), middle, sums, scratch,
                   ctypes.c_int64(self.own), ctypes.c_int64(self.threads))


def narrowing(channels: int, lanes: int) -> list[int]:
    """The groups of channels that come out of a block."""
    return widths_of(channels, lanes, 1)


def vectors(widths: Sequence[int], lanes: int) -> list[tuple[int, int]]:
    """The first channel and the width of each vector of some groups."""
    found, first = [], 0
    for width in widths:
        own = lanes if width % lanes == 0 else HALF
        found += [(first + at, own) for at in range(0, width, own)]
        first += width
    return found


def own_floats(facts: Facts, lanes: int) -> int:
    """Scratch that a thread needs for a block, in floats."""
    lines = (facts.band - 1) * facts.step + 3
    ring = 3 * 2 * lanes * lines * (facts.columns + 2) + facts.rows * facts.columns + 16
    return -(-max(ring, facts.hidden + 16 + PIXELS * facts.inputs) // 16) * 16


def aligned(size: int, dtype: type = np.float32) -> np.ndarray:
    """So many numbers, from a multiple of 64 bytes on."""
    bytes_ = np.empty(size * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -bytes_.ctypes.data % 64
    return bytes_[start:start + size * np.dtype(dtype).itemsize].view(dtype)
