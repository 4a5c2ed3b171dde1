"""C3D, a plain 3-D convolutional network (Tran et al., arXiv:1412.0767).

Axes in names: N clips, C channels, T frames, H rows, W columns, D features.
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.plan import Plan

STAGES = ((64,), (128,), (256, 256), (512, 512), (512, 512))  # outputs of each convolution between pools
HIDDEN = 4096


class C3D(nn.Module):
    """clip_NCTHW -> features_ND111: eight convolutions of 3 x 3 x 3, five pools, two full layers.

    `norm` puts batch norm after each convolution, and with `last_pad` the last pool has zeros around it, as in Caffe's;
    VMZ's network has norm and no zeros. `hidden` are the outputs of both full layers, between which is `drop`. The
    first full layer is sized by frames and pixels. Smaller ones: `widths` are the outputs of each convolution between
    pools, and `depth` is how many frames a kernel covers (the paper tried 1, 3, 5 and 7: its table 1 and figure 2).
    """

    def __init__(
        self, plan: Plan, norm: bool = False, last_pad: bool = True, hidden: int = HIDDEN, drop: float = 0.5,
        norm_eps: float = 1e-5, widths: Sequence[Sequence[int]] = STAGES, depth: int = 3,
    ) -> None:
        super().__init__()
        if depth < 1 or depth % 2 == 0:
            raise ModelError(f"c3d's depth is {depth}; its kernels cover an odd number of frames: 1, 3, 5 or 7.")
        if len(widths) != len(STAGES) or not all(1 <= len(stage) <= 2 for stage in widths):
            raise ModelError(f"c3d's widths are {widths}; expected one or two for each of five stages: {STAGES}.")
        self.sized = (plan.frames, plan.height, plan.width)
        inputs, sides = plan.channels, list(self.sized)
        self.stages = nn.Sequential()
        for stage, outputs in enumerate(widths, start=1):
            layers: OrderedDict[str, nn.Module] = OrderedDict()
            for letter, width in zip("ab", outputs, strict=False):
                layers[f"conv{letter}"] = nn.Conv3d(inputs, width, (depth, 3, 3), padding=(depth // 2, 1, 1))
                if norm:
                    layers[f"norm{letter}"] = nn.BatchNorm3d(width, eps=norm_eps)
                layers[f"relu{letter}"] = nn.ReLU()
                inputs = width
            pad = int(last_pad and stage == len(STAGES))
            frames = 1 if stage == 1 else 2
            layers["pool"] = nn.MaxPool3d((frames, 2, 2), (frames, 2, 2), (0, pad, pad))
            sides = [sides[0] // frames, *((side + 2 * pad) // 2 for side in sides[1:])]
            self.stages.add_module(str(stage), nn.Sequential(layers))
        places = sides[0] * sides[1] * sides[2]
        if not places:
            least = "16 frames of 16" if last_pad else "16 frames of 32"
            raise ModelError(f"c3d takes {least} pixels or more, not {plan.frames} of {plan.height} x {plan.width}.")
        self.full = nn.Sequential(OrderedDict(
            fc6=nn.Linear(inputs * places, hidden), relu6=nn.ReLU(), drop=nn.Dropout(drop),
            fc7=nn.Linear(hidden, hidden), relu7=nn.ReLU(),
        ))
        self.channels = hidden

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        if tuple(clip_NCTHW.shape[2:]) != self.sized:
            raise ModelError(f"This c3d network takes clips of {self.sized} frames, rows and columns, not "
                             f"{tuple(clip_NCTHW.shape[2:])}: its weights are sized by them. Create it with the frames "
                             "and the size of your clips.")
        return self.full(self.stages(clip_NCTHW).flatten(1))[..., None, None, None]
