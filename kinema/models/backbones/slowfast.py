"""SlowFast (Feichtenhofer et al., arXiv:1812.03982): two residual networks over one clip, at two frame rates.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError, nearest
from kinema.models.backbones.resnet import HABITS, SIZES, ResNet, Size, windows
from kinema.models.layers import Conv
from kinema.models.options import at_least
from kinema.models.plan import Plan
from kinema.models.temporal import NonLocal, Slow, together

PICKS = ("linspace", "strided")
LATERALS = ("conv", "sample", "channels")
DEPTHS = {50: "resnet50", 101: "resnet101", 152: "resnet152"}
STEM_FRAMES = (1, 5)  # that the stems of the slow and of the fast pathway cover


@dataclass(frozen=True)
class Lateral:
    """How the fast pathway reaches the slow one, which sees one in `alpha` of its frames."""

    kind: str
    alpha: int
    taps: int
    ratio: int
    norm: bool

    def width(self, channels: int) -> int:
        """How many channels join the slow pathway."""
        return channels * {"conv": self.ratio, "sample": 1, "channels": self.alpha}[self.kind]

    def layer(self, channels: int) -> nn.Module:
        """fast_NCTHW -> what joins the slow pathway, of as many frames as that has."""
        if self.kind != "conv":
            return Gather(self.alpha, self.kind == "channels")
        conv = Conv(channels, self.width(channels), (self.taps, 1), (self.alpha, 1))
        if not self.norm:
            return nn.Sequential(conv)
        return nn.Sequential(conv, nn.BatchNorm3d(self.width(channels), eps=HABITS.norm_eps), nn.ReLU())


class Gather(nn.Module):
    """Every `alpha`-th frame, or with `all_frames` the channels of each `alpha` frames side by side."""

    def __init__(self, alpha: int, all_frames: bool) -> None:
        super().__init__()
        self.alpha, self.all_frames = alpha, all_frames

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        if not self.all_frames:
            return x_NCTHW[:, :, :: self.alpha]
        whole = F.pad(x_NCTHW, (0, 0, 0, 0, 0, -x_NCTHW.shape[2] % self.alpha))
        return whole.unflatten(2, (-1, self.alpha)).transpose(2, 3).flatten(1, 2)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}, all_frames={self.all_frames}"


class SlowFast(nn.Module):
    """Two pathways of the same blocks (Feichtenhofer et al., arXiv:1812.03982): clip_NCTHW -> features_NCTHW.

    The clip is at the fast pathway's rate. The slow one sees one in `alpha` frames, spread evenly from the first to the
    last (`pick` "linspace") or every alpha-th ("strided"), and has `beta` times the channels. Before each stage it is
    joined (`lateral`) by a convolution over `taps` frames to `ratio` times the fast channels ("conv"; with
    `lateral_norm` batch norm and ReLU follow), by every alpha-th fast frame ("sample"), or by all of them as channels
    ("channels"). The fast pathway has `fast_depth` layers (0: as many as the slow one). `slow_inflate` and
    `fast_inflate` pick the blocks that cover frames, and `places` the slow pathway's blocks that `attention` follows;
    see i3d_fair and nonlocal. There are `width_factor` times the channels, and `counts` are the blocks of each stage
    where they are not the size's own. `head_size` and `dilated` are as in a ResNet. The features are the slow
    pathway's, then the fast one's mean over all frames.
    """

    def __init__(
        self, size: Size, plan: Plan, alpha: int = 4, beta: int = 8, pick: str = "linspace", lateral: str = "conv",
        taps: int = 7, ratio: int = 2, lateral_norm: bool = True, fast_depth: int = 0,
        slow_inflate: tuple[str, ...] = ("0", "0", "1", "1"), fast_inflate: tuple[str, ...] = ("1", "1", "1", "1"),
        places: tuple[str, ...] = ("0", "0", "0", "0"), attention: str = "dot_product", width_factor: float = 1.0,
        counts: tuple[int, ...] = (), head_size: int = 0, dilated: bool = False,
    ) -> None:
        super().__init__()
        if counts and (len(counts) != len(size.counts) or min(counts) < 1):
            raise ModelError(f"counts={counts!r}: expected the number of blocks, 1 or more, of each of four stages.")
        size = replace(size, width=int(size.width * width_factor), counts=counts or size.counts)
        check(plan, size, {"alpha": alpha, "beta": beta, "taps": taps, "ratio": ratio})
        for option, value, known in (("pick", pick, PICKS), ("lateral", lateral, LATERALS)):
            if value not in known:
                raise ModelError(f"{option}={value!r}; it must be one of {', '.join(known)}.{nearest(value, known)}")
        if fast_depth and fast_depth not in DEPTHS:
            raise ModelError(f"fast_depth={fast_depth}; it must be 0 or one of {', '.join(map(str, DEPTHS))}.")
        joined = Lateral(lateral, alpha, taps, ratio, lateral_norm)
        deep = SIZES[DEPTHS[fast_depth]] if fast_depth else size
        narrow = replace(deep, width=size.width // beta)
        widths = (narrow.width, *(narrow.width * 2**stage * narrow.block.expansion for stage in range(3)))
        first, second, third, fourth = map(joined.width, widths)
        looks = NonLocal(attention=attention, places=places, scale=True, pool_first=True)
        slow = Slow(inflate=slow_inflate, stem_frames=STEM_FRAMES[0])
        fast = Slow(inflate=fast_inflate, stem_frames=STEM_FRAMES[1])
        seeing = together((("slow", slow), ("nonlocal", looks)), "slowfast")
        fewer = replace(plan, frames=-(-plan.frames // alpha), temporal=lambda block, blocks: seeing)
        self.alpha, self.pick = alpha, pick
        self.slow = ResNet(replace(size, joins=(first, second, third, fourth)), fewer, dilated=dilated)
        self.fast = ResNet(narrow, replace(plan, temporal=lambda block, blocks: fast), dilated=dilated)
        self.laterals = nn.ModuleList(map(joined.layer, widths))
        self.channels = self.slow.channels + self.fast.channels
        self.windows = windows("slowfast", head_size, self.slow.shrink)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        slow, fast = self.slow.stem(self.slowed(clip_NCTHW)), self.fast.stem(clip_NCTHW)
        for slow_stage, fast_stage, lateral in zip(self.slow.stages, self.fast.stages, self.laterals, strict=True):
            slow, fast = slow_stage(torch.cat([slow, lateral(fast)], dim=1)), fast_stage(fast)
        both = torch.cat([slow, fast.mean(2, keepdim=True).expand(-1, -1, slow.shape[2], -1, -1)], dim=1)
        return self.windows(both)

    def slowed(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        """The frames that the slow pathway sees."""
        if self.pick == "strided":
            return clip_NCTHW[:, :, :: self.alpha]
        frames = clip_NCTHW.shape[2]
        picked = torch.linspace(0, frames - 1, -(-frames // self.alpha), device=clip_NCTHW.device).long()
        return clip_NCTHW.index_select(2, picked)


def check(plan: Plan, size: Size, numbers: dict[str, int]) -> None:
    """Raise ModelError for what SlowFast cannot be built with."""
    if plan.temporal(0, sum(size.counts)).causal:
        raise ModelError("slowfast cannot be causal: its pathways meet at frames that are yet to come. Nearest: slow.")
    at_least("slowfast", 1, **numbers)
    if size.width % numbers["beta"]:
        raise ModelError(f"slowfast's beta is {numbers['beta']}; it must divide the {size.width} channels of the slow "
                         "pathway.")
