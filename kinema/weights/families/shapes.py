"""Reading a network's options off the names and shapes of its weights."""

import re

from kinema.weights.candidate import Shapes


def count(shapes: Shapes, pattern: str) -> int:
    """How many different texts the group of a pattern stands for in the names."""
    return len({found[1] for key in shapes if (found := re.search(pattern, key))})


def first(shapes: Shapes, pattern: str) -> tuple[int, ...] | None:
    """The shape of the first weight whose name fits a pattern."""
    return next((shape for key, shape in shapes.items() if re.search(pattern, key)), None)


def frames_of(shape: tuple[int, ...] | None) -> int:
    """How many frames a convolution of this shape covers; a 2-D one covers one."""
    return shape[2] if shape is not None and len(shape) == 5 else 1
