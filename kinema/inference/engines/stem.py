"""The beginning of X3D in an OpenVINO graph, which stem.cpp computes: found, and replaced.

Axes: N clips, T frames, H rows, W columns, C input channels, K output channels.
"""

import ctypes
from typing import Any

import numpy as np

from kinema.inference.engines.blocks import HALF, aligned, group_of, in_groups, library
from kinema.inference.engines.nodes import biased, constant, only, put

TAPS = (1, 3, 5, 7, 9)  # frames that it may cover


class Facts(ctypes.Structure):
    """`Stem` in stem.cpp."""

    NUMBERS = ("inputs", "frames", "rows", "columns", "out_rows", "out_columns", "outputs", "taps")
    ARRAYS = ("pixels", "pixels_bias", "frames_weights", "frames_bias")
    _fields_ = [*((name, ctypes.c_int64) for name in NUMBERS), *((name, ctypes.c_void_p) for name in ARRAYS)]


class Stem:
    """A convolution over 3 x 3 pixels, two apart, one of each channel over frames, and a ReLU, of one clip."""

    def __init__(
        self, clip_CTHW: tuple[int, ...], pixels_KCHW: np.ndarray, pixels_K: np.ndarray, frames_KT: np.ndarray,
        frames_K: np.ndarray, threads: int,
    ) -> None:
        lib = library()
        assert lib is not None
        inputs, frames, rows, columns = clip_CTHW
        outputs, taps = frames_KT.shape
        self.out_THWK = frames, (rows + 1) // 2, (columns + 1) // 2, outputs
        widths, left = [], outputs
        while left:
            widths.append(group_of(left, lib.lanes()))
            left -= widths[-1]
        self.kept = [in_groups(pixels_KCHW.reshape(outputs, -1), widths), pixels_K, frames_KT.T, frames_K]
        self.kept = [np.ascontiguousarray(each, dtype=np.float32) for each in self.kept]
        self.facts = Facts(inputs, frames, rows, columns, *self.out_THWK[1:], taps,
                           *(each.ctypes.data for each in self.kept))
        self.own = -(-(inputs * 3 * (columns + 2) + taps * self.out_THWK[2] * outputs) // 16) * 16
        self.scratch, self.threads = aligned(threads * self.own), threads

    def __call__(self, x_NCTHW: np.ndarray, *, y_NTHWK: np.ndarray) -> None:
        """Write y; both arrays are contiguous float32."""
        lib = library()
        assert lib is not None
        places = [ctypes.c_void_p(each.ctypes.data) for each in (x_NCTHW, y_NTHWK, self.scratch)]
        lib.stem(ctypes.byref(self.facts), *places, ctypes.c_int64(self.own), ctypes.c_int64(self.threads))


def rewrite(model: Any, threads: int) -> int:
    """Replace the beginnings in a model, and tell how many those were."""
    return 0 if library() is None else sum(replaced(node, threads) for node in model.get_ordered_ops())


def replaced(space: Any, threads: int) -> bool:
    """Whether this was the first node of such a beginning, which is then replaced."""
    pixels_KC1HW = constant(space, 1) if space.get_type_name() == "Convolution" else None
    if pixels_KC1HW is None or pixels_KC1HW.shape[2:] != (1, 3, 3) or len(pixels_KC1HW) % HALF:
        return False
    source = space.input_value(0)
    if source.get_partial_shape().is_dynamic or source.get_shape()[0] != 1 or steps(space) != ([1, 2, 2], [0, 1, 1]):
        return False
    last, pixels_K = biased(space)
    time = only(last)
    frames_KT = constant(time, 1) if time is not None and time.get_type_name() == "GroupConvolution" else None
    if frames_KT is None or frames_KT.shape[1:3] != (1, 1) or frames_KT.shape[4:] != (1, 1):
        return False
    taps = frames_KT.shape[3]
    if len(frames_KT) != len(pixels_K) or taps not in TAPS or steps(time) != ([1, 1, 1], [taps // 2, 0, 0]):
        return False
    last, frames_K = biased(time)
    relu = only(last)
    if relu is None or relu.get_type_name() != "Relu":
        return False
    kernel = Stem(tuple(source.get_shape())[1:], pixels_KC1HW[:, :, 0], pixels_K, frames_KT[:, 0, 0, :, 0, 0], frames_K,
                  threads)
    put(kernel, [source], relu, (1, *kernel.out_THWK))
    return True


def steps(node: Any) -> tuple[list[int], list[int]] | None:
    """How far a convolution steps, and how much it is padded; None where both sides differ or it is dilated."""
    facts = node.get_attributes()
    if list(facts["pads_begin"]) != list(facts["pads_end"]) or {*facts["dilations"]} != {1}:
        return None
    return list(facts["strides"]), list(facts["pads_begin"])
