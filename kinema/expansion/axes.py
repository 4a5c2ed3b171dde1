"""The six axes along which X3D grows (Feichtenhofer, arXiv:2004.04730, section 3.2), each as what it can become.

A network is a `Size` of the backbone x3d: frames, stride, pixels, width, bottleneck and depth. The paper's X-Temporal
makes a clip longer and its frame rate higher at once; here duration alone makes it longer, so that each axis is one.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from math import log
from typing import Any

from kinema.models.backbones.x3d import Size

MOST = 4  # times what an axis is now: further than that no step looks
PIXELS = 2  # between two resolutions
PARTS = 20  # of 1: between two factors


def longer(size: Size) -> list[Size]:
    """More frames as far apart: a longer part of the video."""
    return [replace(size, frames=frames) for frames in range(size.frames + 1, MOST * size.frames + 1)]


def denser(size: Size) -> list[Size]:
    """More frames of the same part of the video; none where each frame of it is taken already."""
    span = size.frames * size.stride
    found = [replace(size, frames=round(span / stride), stride=stride) for stride in range(size.stride - 1, 0, -1)]
    return [one for one in found if one.frames > size.frames]


def sharper(size: Size) -> list[Size]:
    """More pixels of the same picture."""
    return [replace(size, pixels=pixels) for pixels in range(size.pixels + PIXELS, MOST * size.pixels + 1, PIXELS)]


def factors(now: float) -> list[float]:
    """Larger factors, in hundredths."""
    return [round(now + number / PARTS, 2) for number in range(1, round((MOST - 1) * now * PARTS) + 1)]


AXES: dict[str, Callable[[Size], list[Size]]] = {
    "duration": longer,
    "rate": denser,
    "resolution": sharper,
    "width": lambda size: [replace(size, width=factor) for factor in factors(size.width)],
    "bottleneck": lambda size: [replace(size, bottleneck=factor) for factor in factors(size.bottleneck)],
    "depth": lambda size: [replace(size, depth=factor) for factor in factors(size.depth)],
}
TEMPORAL = ("duration", "rate")


def expanded(size: Size, axis: str, goal: float, cost: Callable[[Size], float]) -> Size | None:
    """The size that is larger along one axis alone and whose cost is nearest to a goal, as a ratio.

    Of several that cost the same, the smallest. None where nothing larger costs more.
    """
    steps = AXES[axis](size)
    if not steps:
        return None
    place = bisect_left(steps, goal, key=cost)
    near = steps[max(place - 1, 0) : place + 1]
    best = min(near, key=lambda step: abs(log(cost(step) / goal)))
    first = steps[bisect_left(steps, cost(best), key=cost)]
    return first if cost(first) > cost(size) else None


def options_of(size: Size) -> dict[str, Any]:
    """The options of the backbone x3d that make the network of a size."""
    return {"widths": list(size.widths), "counts": list(size.counts), "bottleneck": size.bottleneck}
