"""Optical flow: how many pixels each place moves to the right and down until the next picture.

Axes in names: T frames, H rows, W columns, C channels; two channels of flow are (right, down).
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from kinema.errors import KinemaError
from kinema.models.clip import FLOW_SIDE, ClipSpec

REST, STEPS = 128, 127  # of 8 bits: what does not move, and steps from there to the bound
LEAST_SIDE = 16  # pixels; DIS takes no pictures of fewer than 12, so small ones are enlarged first

Picture = np.ndarray  # H W 3 uint8


def opencv() -> Any:
    """The library; KinemaError where it is not installed."""
    try:
        import cv2
    except ImportError as error:
        raise KinemaError("Optical flow needs OpenCV: pip install 'kinema[flow]'.") from error
    return cv2


def finder(method: str) -> Any:
    """OpenCV's object for a method of `FLOWS`, as OpenCV sets it (of DIS, its most exact preset).

    KinemaError where this installation has none: "tvl1" (Zach et al. 2007) is in the contrib build alone, "dis"
    (Kroeger et al., arXiv:1603.03590) and "farneback" (Farneback 2003) are in all.
    """
    cv2 = opencv()
    if method == "dis":
        return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    if method == "farneback":
        return cv2.FarnebackOpticalFlow_create()
    if not hasattr(cv2, "optflow"):
        raise KinemaError("TV-L1 flow is in OpenCV's contrib build alone: pip install opencv-contrib-python-headless "
                          "in place of opencv-python-headless. Nearest: dis, farneback.")
    return cv2.optflow.DualTVL1OpticalFlow_create()


def find_flow(pairs: Iterable[tuple[Picture, Picture]], method: str) -> np.ndarray:
    """The flow from the first to the second picture of each pair (uint8, one size): T H W 2, float32, in pixels.

    In one thread, so that processes that read clips share the machine and none waits for another one's threads.
    """
    cv2, found = opencv(), finder(method)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return np.stack([_one(cv2, found, first, second) for first, second in pairs])
    finally:
        cv2.setNumThreads(threads)


def _one(cv2: Any, found: Any, first: Picture, second: Picture) -> np.ndarray:
    height, width = first.shape[:2]
    larger = -(-LEAST_SIDE // min(height, width))
    greys = [cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY) for picture in (first, second)]
    if larger > 1:
        size = width * larger, height * larger
        greys = [cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR) for grey in greys]
    flow_HW2 = found.calc(*greys, None)
    if larger > 1:
        flow_HW2 = cv2.resize(flow_HW2, (width, height), interpolation=cv2.INTER_AREA) / larger
    return np.nan_to_num(flow_HW2)


def longest(spec: ClipSpec, height: int, width: int) -> float:
    """How many pixels of a picture of this size a vector may have each way: as many, in proportion, as in the clip."""
    return spec.flow_bound * min(height, width) / FLOW_SIDE


def pack(flow_THW2: np.ndarray, bound: float) -> np.ndarray:
    """Flow in 8 bits: cut off at `bound` pixels each way, and up to bound / 254 from what it was; rest stays rest."""
    return (np.rint(np.clip(flow_THW2 / bound, -1, 1) * STEPS) + REST).astype(np.uint8)


def unpack(packed: torch.Tensor, bound: float) -> torch.Tensor:
    """Flow in pixels, float32, from what `pack` made of it."""
    return packed.to(torch.float32, memory_format=torch.contiguous_format).sub_(REST).mul_(bound / STEPS)
