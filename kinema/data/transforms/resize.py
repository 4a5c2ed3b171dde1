"""Pictures made smaller or larger."""

from torch import Tensor
from torch.nn.functional import interpolate

from kinema.data.transforms.boxes import Box, Size
from kinema.models.clip import ClipSpec

STORED_SIDE = 1.15  # frames are kept this much larger than the clip, so that crops have something to choose from


def cut(frames_THWC: Tensor, box: Box) -> Tensor:
    """The part of each frame that a box names."""
    return frames_THWC[:, box.top:box.top + box.height, box.left:box.left + box.width]


def resize(frames_THWC: Tensor, size: Size) -> Tensor:
    """Frames (uint8 or float) of another height and width; bilinear, averaging where they shrink."""
    return resize_planes(frames_THWC.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1)


def resize_planes(x_NCHW: Tensor, size: Size) -> Tensor:
    """The same of planes, each for itself."""
    if tuple(x_NCHW.shape[2:]) == tuple(size):
        return x_NCHW
    return interpolate(x_NCHW, size, mode="bilinear", antialias=True)


def storage_resize(frames_THWC: Tensor, spec: ClipSpec, side: float = STORED_SIDE) -> Tensor:
    """Frames shrunk, in their own shape, to `side` times the size that covers the clip; small ones stay as is."""
    height, width = frames_THWC.shape[1:3]
    scale = max(spec.height * side / height, spec.width * side / width)
    if scale >= 1:
        return frames_THWC
    return resize(frames_THWC, (round(height * scale), round(width * scale))).contiguous()
