"""RandAugment (Cubuk et al., arXiv:1909.13719): a few of fourteen changes, drawn anew for each clip.

Each changes all frames of a clip alike, so that nothing seems to move or flicker that did not. Frames are T H W 3 of
floats from 0 to 1; `strength` is from 0 to 1, or from -1 where a change may go both ways.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from kinema.data.transforms.augment import STRONGEST
from kinema.data.transforms.boxes import one
from kinema.data.transforms.inputs import GREY

DEGREES, SHEAR, SHIFT, SHARE, BITS = 30.0, 0.3, 150 / 331, 0.9, 4  # the most of each (Cubuk et al., arXiv:1805.09501)
LEVELS = 256
Change = Callable[[Tensor, float], Tensor]


def randaugment(frames_THWC: Tensor, operations: int, magnitude: float, generator: Generator | None) -> Tensor:
    """Frames (uint8, or float from 0 to 1) after so many of CHANGES, each as strong as `magnitude` of 10; float.

    Those that may go both ways are as often negative. Without operations, or a generator: the frames as they are.
    """
    if not operations or generator is None:
        return frames_THWC
    frames = frames_THWC.float() / 255 if frames_THWC.dtype == torch.uint8 else frames_THWC
    for _ in range(int(operations)):
        change, both_ways = CHANGES[int(one(generator) * len(CHANGES))]
        strength = magnitude / STRONGEST
        frames = change(frames, -strength if both_ways and one(generator) < 0.5 else strength)
    return frames


def identity(frames: Tensor, strength: float) -> Tensor:
    """Nothing changed."""
    return frames


def autocontrast(frames: Tensor, strength: float) -> Tensor:
    """Each colour stretched so that its darkest value in the clip becomes 0 and its brightest 1."""
    low_C, high_C = frames.amin((0, 1, 2)), frames.amax((0, 1, 2))
    flat_C = high_C <= low_C
    stretched = (frames - low_C) / (high_C - low_C).masked_fill(flat_C, 1)
    return torch.where(flat_C, frames, stretched)


def equalize(frames: Tensor, strength: float) -> Tensor:
    """Each colour changed so that all of its values are about as frequent in the clip."""
    levels = (frames * (LEVELS - 1)).round().long().clamp(0, LEVELS - 1)
    equal = torch.empty_like(frames)
    for colour in range(frames.shape[3]):
        count_L = torch.bincount(levels[..., colour].flatten(), minlength=LEVELS)
        below_L = count_L.cumsum(0) - count_L
        last = count_L[count_L.nonzero()[-1]]
        room = count_L.sum() - last
        table_L = (below_L / room).clamp(max=1) if room > 0 else torch.arange(LEVELS) / (LEVELS - 1)
        equal[..., colour] = table_L.to(frames.dtype)[levels[..., colour]]
    return equal


def solarize(frames: Tensor, strength: float) -> Tensor:
    """Values at and above a threshold, which the strength lowers from 1 to 0, are turned round."""
    return torch.where(frames * (LEVELS - 1) >= LEVELS * (1 - strength), 1 - frames, frames)


def posterize(frames: Tensor, strength: float) -> Tensor:
    """Values keep their first bits: from 8 down to 4."""
    step = 2 ** round(BITS * strength)
    return (frames * (LEVELS - 1)).round().div(step, rounding_mode="floor") * (step / (LEVELS - 1))


def brightness(frames: Tensor, strength: float) -> Tensor:
    """Values times 0.1 to 1.9."""
    return (frames * (1 + SHARE * strength)).clamp(0, 1)


def contrast(frames: Tensor, strength: float) -> Tensor:
    """Distances from the clip's mean grey times 0.1 to 1.9."""
    return torch.lerp(grey(frames).mean(), frames, 1 + SHARE * strength).clamp(0, 1)


def colour(frames: Tensor, strength: float) -> Tensor:
    """Distances from each pixel's grey times 0.1 to 1.9."""
    return torch.lerp(grey(frames), frames, 1 + SHARE * strength).clamp(0, 1)


def sharpness(frames: Tensor, strength: float) -> Tensor:
    """Distances from a smoothed picture times 0.1 to 1.9."""
    kernel = torch.full((3, 3), 1 / 13)
    kernel[1, 1] = 5 / 13
    flat = frames.permute(0, 3, 1, 2).flatten(0, 1)[:, None]
    smooth = F.conv2d(F.pad(flat, (1, 1, 1, 1), mode="replicate"), kernel[None, None])
    smooth_THWC = smooth[:, 0].unflatten(0, (-1, frames.shape[3])).permute(0, 2, 3, 1)
    return torch.lerp(smooth_THWC, frames, 1 + SHARE * strength).clamp(0, 1)


def rotate(frames: Tensor, strength: float) -> Tensor:
    """Turned by up to 30 degrees."""
    angle = math.radians(DEGREES * strength)
    return moved(frames, ((math.cos(angle), -math.sin(angle), 0.0), (math.sin(angle), math.cos(angle), 0.0)))


def shear_x(frames: Tensor, strength: float) -> Tensor:
    """Rows shifted by up to 0.3 of their distance from the middle one."""
    return moved(frames, ((1.0, SHEAR * strength, 0.0), (0.0, 1.0, 0.0)))


def shear_y(frames: Tensor, strength: float) -> Tensor:
    """Columns shifted by up to 0.3 of their distance from the middle one."""
    return moved(frames, ((1.0, 0.0, 0.0), (SHEAR * strength, 1.0, 0.0)))


def translate_x(frames: Tensor, strength: float) -> Tensor:
    """Shifted sideways by up to 0.45 of the width."""
    return moved(frames, ((1.0, 0.0, SHIFT * strength), (0.0, 1.0, 0.0)))


def translate_y(frames: Tensor, strength: float) -> Tensor:
    """Shifted up or down by up to 0.45 of the height."""
    return moved(frames, ((1.0, 0.0, 0.0), (0.0, 1.0, SHIFT * strength)))


def grey(frames: Tensor) -> Tensor:
    """How bright each pixel is (T H W 1)."""
    return (frames @ torch.tensor(GREY))[..., None]


def moved(frames: Tensor, matrix: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Tensor:
    """Each place shows what was at `matrix` times (right, down, 1), counted from the middle; what was outside is grey.

    Turns and shears are of pixels, shifts of shares of the picture.
    """
    frame_count, height, width, channels = frames.shape
    (a, b, right), (c, d, down) = matrix
    theta = torch.tensor([[a, b * height / width, 2 * right], [c * width / height, d, 2 * down]], dtype=torch.float32)
    grid_1HW2 = F.affine_grid(theta[None], [1, 1, height, width], align_corners=False)
    flat_1LHW = (frames - 0.5).permute(0, 3, 1, 2).reshape(1, frame_count * channels, height, width)
    found = F.grid_sample(flat_1LHW, grid_1HW2, mode="bilinear", padding_mode="zeros", align_corners=False)
    return (found[0].unflatten(0, (frame_count, channels)).permute(0, 2, 3, 1) + 0.5).clamp(0, 1)


CHANGES: tuple[tuple[Change, bool], ...] = (  # and whether its strength may be negative too
    (identity, False), (autocontrast, False), (equalize, False), (solarize, False), (posterize, False),
    (brightness, True), (contrast, True), (colour, True), (sharpness, True),
    (rotate, True), (shear_x, True), (shear_y, True), (translate_x, True), (translate_y, True),
)
