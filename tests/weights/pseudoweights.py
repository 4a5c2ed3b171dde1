"""Weights and clips that follow from names alone, so that figures of other implementations can be compared with.

The rule belongs to the figures in tests/reference/parity: normal numbers from Philox, keyed by the CRC-32 of a name.
"""

import math
import re
import zlib
from collections.abc import Mapping

import numpy as np
import torch

TOKEN = re.compile("pos_embed|position_embed|positional_embed|pos_encoding|spatial_pos|temporal_pos|class_pos|"
                   "time_embed|temporal_embed|class_embed|token")
SCALE = re.compile("weight|gamma|scale")


def normal(name: str, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Normal numbers in float32, one array after the other."""
    generator = np.random.Generator(np.random.Philox(key=zlib.crc32(name.encode())))
    return [np.asarray(generator.standard_normal(shape)).astype(np.float32) for shape in shapes]


def weight(name: str, shape: tuple[int, ...], gain_conv: float, gain_linear: float) -> torch.Tensor:
    """The weight called `name`."""
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    value = normal(name, shape)[0]
    leaf = name.rpartition(".")[2]
    if leaf.endswith("running_var"):
        value = np.clip(np.float32(0.5) + np.abs(value), np.float32(0.5), np.float32(1.5))
    elif leaf.endswith("running_mean"):
        value = np.float32(0.1) * value
    elif TOKEN.search(leaf) and "relative" not in leaf:
        value = np.float32(0.5) * value
    elif len(shape) <= 1:
        value = np.float32(1) + np.float32(0.1) * value if SCALE.search(leaf) else np.float32(0.05) * value
    else:
        gain = gain_linear if len(shape) == 2 else gain_conv
        value = value * np.float32(gain / math.sqrt(math.prod(shape[1:])))
    return torch.from_numpy(np.asarray(value))  # numpy makes a number of an array of no axes


def state_dict(reference: Mapping) -> dict[str, torch.Tensor]:
    """The weights of a network whose figures are `reference`, under the names of its own implementation."""
    aliases, const = reference["aliases"], reference.get("const", ())
    return {key: torch.zeros(shape, dtype=torch.int64) if key in const
            else weight(aliases.get(key, key), tuple(shape), **reference["rule"])
            for key, shape in reference["keys"].items()}


def clip(reference: Mapping) -> torch.Tensor:
    """The clip_NCTHW that a network was shown: noise that grows over time, and a coarse pattern in each frame."""
    n, c, t, h, w = reference["shape_NCTHW"]
    noise, coarse = normal(f"input:{reference['id']}", (n, c, t, h, w), (n, c, t, 4, 4))
    grows = (0.5 + np.arange(t) / max(t - 1, 1)).astype(np.float32)
    pattern = coarse[..., (np.arange(h) * 4 // h)[:, None], (np.arange(w) * 4 // w)[None]]
    return torch.from_numpy(noise * grows[:, None, None] + np.float32(0.7) * pattern)
