"""Brighter, paler, greyer: one change of colour for all frames of a clip."""

import torch
from torch import Generator, Tensor

from kinema.data.transforms.boxes import between
from kinema.data.transforms.inputs import GREY


def colour_jitter(
    frames_THWC: Tensor, brightness: float, contrast: float, saturation: float, generator: Generator | None
) -> Tensor:
    """Frames (uint8) with each property multiplied by one factor from 1 - amount to 1 + amount; float from 0 to 1.

    Contrast is measured from the clip's mean grey, so that a still clip stays still. Without amounts: the frames as is.
    """
    if not (brightness or contrast or saturation):
        return frames_THWC
    amounts = brightness, contrast, saturation
    bright, harsh, vivid = (between((1 - amount, 1 + amount), generator) for amount in amounts)
    frames = frames_THWC.float().mul_(bright / 255)
    grey_THW1 = (frames @ torch.tensor(GREY))[..., None]
    if saturation:
        frames = torch.lerp(grey_THW1, frames, vivid)
    return torch.lerp(grey_THW1.mean(), frames, harsh).clamp_(0, 1)
