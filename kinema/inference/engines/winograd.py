"""Convolutions with fewer multiplications, in C (winograd.c): what fits, and weights made ready for it.

Axes: N clips, T frames, H rows, W columns, C input channels, K output channels.
"""

import ctypes
import logging
from functools import cache
from math import ceil, prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from kinema.compiled import BuildError, load

POINTS = (0.0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5))  # and infinity
SCALES = (1.0, -1.5, -1.5, 6.0, 6.0, 1.0)  # the products of a point's distances to the others
TILES = {"pixels": 24, "frames": 48}  # at a time, that stay in the cache; multiples of six
LEAST = 20_000_000  # multiplications, below which starting threads is not worth it
SAVED = 0.75  # the share of a convolution's multiplications that may be left, at most


@cache
def library() -> ctypes.CDLL | None:
    """The C code; None, told once, where it cannot be had, and where it is switched off (KINEMA_KERNELS=off)."""
    try:
        return load([Path(__file__).with_suffix(".c")])
    except BuildError as error:
        logging.getLogger(__name__).info("Convolutions are left to the engines' own code: %s", error)
        return None


class Shape(NamedTuple):
    """A convolution's clip (N T H W C), its kernel (K C T H W) and the frames of zeros before and after the clip."""

    clip_NTHWC: tuple[int, ...]
    kernel_KCTHW: tuple[int, ...]
    pad: int

    @property
    def over(self) -> str:
        """Whether tiles cover pixels or frames."""
        return "pixels" if self.kernel_KCTHW[3] == 3 else "frames"

    @property
    def out_NTHWC(self) -> tuple[int, ...]:
        """The shape of what comes out."""
        n, frames, rows, columns, _ = self.clip_NTHWC
        return n, frames + 2 * self.pad - self.kernel_KCTHW[2] + 1, rows, columns, self.kernel_KCTHW[0]

    @property
    def left(self) -> float:
        """The share of its multiplications that is left."""
        _, frames, rows, columns, _ = self.out_NTHWC
        if self.over == "frames":
            return ceil(frames / 4) * 6 / (3 * frames)
        return ceil(rows / 4) * ceil(columns / 4) * 36 / (9 * rows * columns)

    def scratch(self) -> int:
        """Floats that a thread needs."""
        outputs, inputs, taps, *_ = self.kernel_KCTHW
        depth, count = (inputs * taps, 36) if self.over == "pixels" else (inputs, 6)
        return count * TILES[self.over] * (depth + outputs) + inputs


def fits(shape: Shape) -> bool:
    """Whether a convolution of stride 1 can be had, and is worth it."""
    outputs, inputs, *kernel = shape.kernel_KCTHW
    lib = library() if kernel in ([1, 3, 3], [3, 3, 3], [3, 1, 1]) else None
    if lib is None or inputs % lib.lanes() or outputs % lib.lanes() or shape.out_NTHWC[1] < 1:
        return False
    return prod(shape.out_NTHWC) * inputs * prod(kernel) >= LEAST and shape.left <= SAVED


def ready(weights_KCTHW: np.ndarray) -> tuple[np.ndarray, int]:
    """Weights in the blocks that the C code reads, and the vectors of outputs in a block."""
    lib = library()
    assert lib is not None
    powers = np.array([[1, point, point**2] for point in POINTS] + [[0, 0, 1]]) / np.array(SCALES)[:, None]
    exact = weights_KCTHW.astype(np.float64)
    outputs, inputs, taps, size, _ = exact.shape
    if size == 3:
        made = product(np.kron(powers, powers), exact.transpose(3, 4, 2, 1, 0)).reshape(36, taps * inputs, outputs)
    else:
        made = product(powers, exact[..., 0, 0].transpose(2, 1, 0)).reshape(6, inputs, outputs)
    vectors = outputs // lib.lanes()
    width = next(width for width in range(lib.most(), 0, -1) if vectors % width == 0)
    blocks = made.reshape(*made.shape[:2], vectors // width, width * lib.lanes()).swapaxes(1, 2)
    return np.ascontiguousarray(blocks, dtype=np.float32), width


def product(powers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Powers times weights (their first axes taken as one), by PyTorch: numpy's threads were seen to hang."""
    flat = np.ascontiguousarray(weights.reshape(powers.shape[1], -1))
    return (torch.from_numpy(powers) @ torch.from_numpy(flat)).numpy()


class Winograd:
    """relu(convolution + bias + add) of a shape, on `threads` threads."""

    def __init__(self, shape: Shape, weights_KCTHW: np.ndarray, bias_K: np.ndarray, relu: bool, threads: int) -> None:
        self.shape, self.threads = shape, threads
        self.weights, width = ready(weights_KCTHW)
        self.bias_K = np.ascontiguousarray(bias_K, dtype=np.float32)
        pixels = shape.over == "pixels"
        numbers = (*shape.clip_NTHWC, shape.kernel_KCTHW[0], shape.kernel_KCTHW[2] if pixels else 0, shape.pad, relu,
                   width, TILES[shape.over], threads)
        self.numbers = (ctypes.c_long * len(numbers))(*numbers)

    def __call__(
        self, x_NTHWC: np.ndarray, add_NTHWK: np.ndarray | None = None, *, y_NTHWK: np.ndarray, scratch: np.ndarray
    ) -> None:
        """Write y; all arrays are contiguous float32, and scratch has `shape.scratch()` numbers for each thread."""
        lib = library()
        assert lib is not None
        arrays = x_NTHWC, self.weights, self.bias_K, add_NTHWK, y_NTHWK, scratch
        places = [ctypes.c_void_p(None if array is None else array.ctypes.data) for array in arrays]
        lib.winograd(*places, self.numbers)
