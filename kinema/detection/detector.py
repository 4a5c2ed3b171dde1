"""A network that says what each of several people does.

Axes in names: N clips, M boxes, C channels, T frames, H rows, W columns, K classes.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F

from kinema.detection.roi_align import roi_align
from kinema.errors import ModelError
from kinema.models import ClipSpec, Network
from kinema.models.backbones import BACKBONES
from kinema.models.means import Mean
from kinema.models.names import create_model, parse, sized_by
from kinema.models.options import usual_values
from kinema.models.published import PUBLISHED

RESOLUTION = 7  # places along each side of a box
WHOLE, LARGE = 64, 256  # pixels: the strides of convolutions divide the one, others are told by the other


class BoxDropout(nn.Dropout):
    """Dropout whose draws are those of the boxes of all processes' clips, one after another; each keeps its own.

    All processes draw from one seed, and may have different numbers of boxes, or none.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not (self.training and self.p and dist.is_initialized()):
            return super().forward(input)
        counts = input.new_zeros(dist.get_world_size(), dtype=torch.long)
        counts[dist.get_rank()] = len(input)
        dist.all_reduce(counts)
        ones = input.new_ones(int(counts.sum()), *input.shape[1:])
        return input * F.dropout(ones, self.p).split(counts.tolist())[dist.get_rank()]


class Detector(nn.Module):
    """clip_NCTHW, rois_M5 -> logits_MK: a network whose classifier sees the box of a person instead of the whole clip.

    rois_M5 holds the number of the box's clip, then x1, y1, x2, y2 as parts of the clip's picture. The backbone's map
    is averaged over time, each box of it becomes 7 x 7 places by RoIAlign, and the greatest of each channel goes
    through dropout and the classifier, whose sigmoids are the scores: the detection head of SlowFast networks
    (Feichtenhofer et al., arXiv:1812.03982, section 5). `stride`: how many pixels, down and across, are one place of
    the map.
    """

    def __init__(self, network: Network, stride: tuple[int, int], resolution: int = RESOLUTION) -> None:
        super().__init__()
        if not isinstance(network.readout, Mean):
            raise ModelError(f"{network.name} does not end in a mean over frames, which is what a detector's head "
                             "replaces. Any module but those that read frames one after the other or pool them goes.")
        self.network, self.stride, self.resolution = network, stride, resolution
        self.dropout = BoxDropout(network.dropout.p)

    def forward(self, clip_NCTHW: torch.Tensor, rois_M5: torch.Tensor) -> torch.Tensor:
        map_NCHW = self.network.feature_map(clip_NCTHW).mean(2)
        rows, columns = (side / step for side, step in zip(clip_NCTHW.shape[3:], self.stride, strict=True))
        scaled_M5 = rois_M5 * rois_M5.new_tensor([1, columns, rows, columns, rows])
        boxes_MCHW = roi_align(map_NCHW, scaled_M5, (self.resolution, self.resolution))
        return self.network.classifier(self.dropout(boxes_MCHW.amax((2, 3))))


def make_detector(
    name: str, labels: tuple[str, ...], clip: ClipSpec, options: dict[str, Any], resolution: int = RESOLUTION
) -> Detector:
    """The detector over the network of a name, with all that network's options.

    A network that can read off places, and does not by itself, is told to: a vision transformer takes the readout
    "patches", or beside a class token "class_map". ModelError for a network that keeps no places.
    """
    own = {**options, **places(name, options)}
    sized = "size" in sized_by(name)
    sides = [side if sized else -(-max(side, LARGE) // WHOLE) * WHOLE for side in (clip.height, clip.width)]
    with torch.device("meta"):  # how large the map is does not need the numbers
        tried = create_model(name, labels, clip=clip, **own).eval()
        found = tried.feature_map(torch.empty(1, clip.channels, clip.frames, *sides)).shape[3:]
    if tuple(found) == (1, 1):
        raise ModelError(f"{name} keeps no places of a clip of {sides[0]} x {sides[1]} pixels at its end, so it cannot "
                         "tell people apart. ResNets, Inceptions, SlowFast, Swin and vision transformers do.")
    stride = round(sides[0] / found[0]), round(sides[1] / found[1])
    return Detector(create_model(name, labels, clip=clip, **own), stride, resolution)


def places(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options that let a network end in all places of a clip, of whatever size."""
    _, backbone, _ = parse(name)
    row = PUBLISHED.get(name)
    usual = {**usual_values(BACKBONES[backbone].build), **(row.options if row else {}), **options}
    found: dict[str, Any] = {}
    if usual.get("head_size"):
        found["head_size"] = 0
    if "readout" in usual_values(BACKBONES[backbone].build):
        found["readout"] = "class_map" if str(usual["readout"]).startswith("class") else "patches"
    return found
