"""From the pictures of a clip to the numbers that a network is fed. Axes: C channels, T frames, H rows, W columns."""

import torch
from torch import Tensor

from kinema.data.flow import finder, longest, unpack
from kinema.data.transforms.boxes import Box
from kinema.data.transforms.resize import cut, resize_planes
from kinema.models.clip import FLOW_SIDE, ClipSpec

GREY = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)
DIFFERENCE_STD = 0.06  # of grey from 0 to 1; measured: 0.03 between neighbouring frames, 0.05 to 0.07 four frames apart
LEAST_STD = 0.01  # what noise alone makes of differences; a still clip is not blown up beyond it


def check_input(spec: ClipSpec) -> None:
    """Raise KinemaError for a clip that cannot be made here: of flow, without OpenCV."""
    if spec.fields:
        finder(spec.flow)


def to_input(frames_THWC: Tensor, spec: ClipSpec) -> Tensor:
    """The clip (C T H W, float32) of colours that `spec` names, from frames T H W 3: uint8, or float from 0 to 1.

    "rgb": (colour - mean) / std. "difference": x[t] - x[t-1] of the grey frames over DIFFERENCE_STD; zero in frame 0.
    "normalised_difference": over the standard deviation of the clip's own differences, and LEAST_STD, instead.
    """
    white = 255 if frames_THWC.dtype == torch.uint8 else 1
    if "difference" in spec.input:
        grey_THW = frames_THWC.float() @ (torch.tensor(GREY) / white)
        change_THW = torch.diff(grey_THW, dim=0, prepend=grey_THW[:1])
        if spec.input == "difference" or len(change_THW) == 1:
            return (change_THW / DIFFERENCE_STD)[None]
        return (change_THW / (change_THW[1:].std() + LEAST_STD))[None]
    frames_THWC = frames_THWC.flip(3) if spec.order == "bgr" else frames_THWC
    clip_CTHW = frames_THWC.permute(3, 0, 1, 2).contiguous().to(torch.float32, copy=True)
    mean, std = (torch.tensor(values)[:, None, None, None] * white for values in (spec.mean, spec.std))
    return clip_CTHW.sub_(mean).div_(std)  # in place: a clip is large


def to_flow(fields_THWC: Tensor, spec: ClipSpec, box: Box, mirrored: bool) -> Tensor:
    """The clip (C T H W, float32) of what a box of fields of flow shows, T H W C in 8 bits (right, down, right, ...).

    Vectors grow and shrink with the picture, and in a mirror those to the right go to the left.
    """
    flow_CTHW = unpack(cut(fields_THWC, box).permute(3, 0, 1, 2), longest(spec, *fields_THWC.shape[1:3]))
    flow_CTHW = resize_planes(flow_CTHW, (spec.height, spec.width))
    flow_F2THW = (flow_CTHW.flip(3) if mirrored else flow_CTHW).unflatten(0, (-1, 2))
    across, side = -1 if mirrored else 1, min(spec.height, spec.width) / FLOW_SIDE
    flow_F2THW = flow_F2THW * each_way(across * spec.width / box.width, spec.height / box.height)
    if spec.flow_centred:
        flow_F2THW -= flow_F2THW.mean((3, 4), keepdim=True)
    most = longest(spec, spec.height, spec.width)
    return flow_F2THW.clamp_(-most, most).div_(side * each_way(*spec.unit)).flatten(0, 1)


def each_way(right: float, down: float) -> Tensor:
    """Two numbers for fields of flow, F 2 T H W."""
    return torch.tensor([right, down])[:, None, None, None]
