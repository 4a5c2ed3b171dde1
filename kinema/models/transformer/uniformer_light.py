"""The small UniFormers, whose global blocks attend to the most important half of the tokens only.

Axes in names: N clips, L tokens (all places of all frames), h heads, C channels, T H W as usual.
"""

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.plan import Plan
from kinema.models.transformer.parts import draw, refuse_causal, table
from kinema.models.transformer.scale import scaled
from kinema.models.transformer.uniformer import Patches, Stage, check_size
from kinema.models.transformer.uniformer_blocks import Attention, GlobalBlock, LocalBlock


class LightUniFormer(nn.Module):
    """A UniFormer XXS or XS (Li et al., arXiv:2201.09450, as published for video).

    As `UniFormer`, but a class token joins the tokens in the global stages. How much it attends to a token is how
    important that is: all blocks but the first attend to the share `keep` of the most important tokens, and to one
    weighted mean of the others, which all follow what becomes of it (Xu et al., arXiv:2108.01390). Half of a token's
    importance is that of the block before. With a `layer_scale` the branches of global blocks are multiplied by weights
    of their channels, which begin so.
    """

    PARTS: ClassVar = [["local.1"], ["local.2"], ["patches.3", "token", "third"], ["patches.4", "token_up", "fourth"]]

    def __init__(
        self, plan: Plan, widths: tuple[int, ...] = (56, 112, 224, 448), depths: tuple[int, ...] = (2, 5, 8, 2),
        head: int = 28, widen: int = 3, keep: float = 0.5, norm_eps: float = 1e-6, layer_scale: float = 0.0,
    ) -> None:
        super().__init__()
        refuse_causal(plan, "A UniFormer")
        if len(widths) != 4 or len(depths) != 4 or not 0 < keep < 1:
            raise ModelError(f"widths={widths!r}, depths={depths!r}, keep={keep!r}: expected four numbers, one for a "
                             "stage, four numbers again, and a share above 0 and below 1.")
        first, second, third, fourth = widths
        rates = iter([plan.drop_path_at(block, sum(depths)) for block in range(sum(depths))])
        self.local = nn.ModuleDict({
            "1": Stage(stem(plan.channels, first), *(LocalBlock(first, widen, next(rates)) for _ in range(depths[0]))),
            "2": Stage(Patches(first, second, 1, (1, 2)),
                       *(LocalBlock(second, widen, next(rates)) for _ in range(depths[1]))),
        })
        self.patches = nn.ModuleDict({"3": Patches(second, third, 1, (1, 2)), "4": Patches(third, fourth, 1, (1, 2))})
        self.third = nn.ModuleList(
            ChoosyBlock(third, head, widen, norm_eps, next(rates), keep if block else 1.0, layer_scale)
            for block in range(depths[2]))
        self.fourth = nn.ModuleList(
            ChoosyBlock(fourth, head, widen, norm_eps, next(rates), keep, layer_scale) for _ in range(depths[3]))
        self.token = table(1, 1, third)
        self.token_up = nn.Linear(third, fourth)
        self.norm = nn.BatchNorm3d(fourth)
        self.channels = fourth
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        check_size(clip_NCTHW)
        x_NCTHW = self.patches["3"](self.local["2"](self.local["1"](clip_NCTHW)))
        token_N1C = self.token.repeat(len(x_NCTHW), 1, 1)
        weight_NL = x_NCTHW.new_empty(0)
        for block in self.third:
            token_N1C, x_NCTHW, weight_NL = block(token_N1C, x_NCTHW, weight_NL)
        weight_NL = shrunk(weight_NL, x_NCTHW.shape[2:])
        x_NCTHW, token_N1C = self.patches["4"](x_NCTHW), self.token_up(token_N1C)
        for block in self.fourth:
            token_N1C, x_NCTHW, weight_NL = block(token_N1C, x_NCTHW, weight_NL)
        return self.norm(x_NCTHW)


class ChoosyBlock(GlobalBlock):
    """A global block that attends to the share `keep` of the most important tokens, and to one for all the others."""

    def __init__(
        self, channels: int, head: int, widen: int, eps: float, rate: float, keep: float, scale: float
    ) -> None:
        super().__init__(channels, head, widen, eps, rate)
        self.attention = TellingAttention(channels, head)
        self.scale1, self.scale2 = scaled(channels, scale), scaled(channels, scale)
        self.keep = keep

    def forward(  # type: ignore[override]
        self, token_N1C: torch.Tensor, x_NCTHW: torch.Tensor, weight_NL: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The class token, the map and how important each of its tokens is, after this block (empty: yet unknown)."""
        x_NCTHW = x_NCTHW + self.position(x_NCTHW)
        x_NLC = x_NCTHW.flatten(2).transpose(1, 2)
        if self.keep == 1:
            seen, told_NL = self.step(torch.cat([token_N1C, x_NLC], dim=1))
            token_N1C, x_NLC = token_N1C + seen[:, :1], x_NLC + seen[:, 1:]
            weight_NL = (weight_NL + told_NL) / 2 if weight_NL.numel() else told_NL
        else:
            token_N1C, x_NLC, weight_NL = self.choose(token_N1C, x_NLC, weight_NL)
        return token_N1C, x_NLC.transpose(1, 2).unflatten(2, x_NCTHW.shape[2:]), weight_NL

    def choose(
        self, token_N1C: torch.Tensor, x_NLC: torch.Tensor, weight_NL: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The block's answer where only some tokens attend, and these stand in their places again."""
        kept, order = int(x_NLC.shape[1] * self.keep), weight_NL.argsort(dim=1, descending=True)
        back = order.argsort(dim=1)
        x_NLC, weight_NL = taken(x_NLC, order), weight_NL.gather(1, order)
        shares = weight_NL[:, kept:] / weight_NL[:, kept:].sum(1, keepdim=True)
        mean_N1C = (shares[..., None] * x_NLC[:, kept:]).sum(1, keepdim=True)
        moved, told_NL = self.step(torch.cat([token_N1C, x_NLC[:, :kept], mean_N1C], dim=1))
        others = moved[:, -1:].expand(-1, x_NLC.shape[1] - kept, -1)
        x_NLC = x_NLC + torch.cat([moved[:, 1:-1], others], dim=1)
        weight_NL = torch.cat([(weight_NL[:, :kept] + told_NL[:, :-1]) / 2, weight_NL[:, kept:]], dim=1)
        return token_N1C + moved[:, :1], taken(x_NLC, back), weight_NL.gather(1, back)

    def step(self, tokens_NLC: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What attention and the linear layers add to tokens, and the class token's attention to those after it."""
        found, told_NL = self.attention.tell(self.norm1(tokens_NLC))  # type: ignore[operator]
        seen = self.drop_path(self.scale1(found))
        return seen + self.drop_path(self.scale2(self.mlp(self.norm2(tokens_NLC + seen)))), told_NL


class TellingAttention(Attention):
    """Attention that tells how much the first token attends to the others, as the mean of all heads."""

    def tell(self, x_NLC: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the tokens become (N L C), and the first one's attention (N L-1)."""
        q, k, v = self.parts(x_NLC)
        share_NhLL = (q * q.shape[-1] ** -0.5 @ k.transpose(2, 3)).softmax(dim=-1)
        return self.out((share_NhLL @ v).transpose(1, 2).flatten(2)), share_NhLL[:, :, 0, 1:].mean(1)


def stem(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions that make one patch of 2 frames and 4x4 pixels."""
    return nn.Sequential(
        nn.Conv3d(inputs, outputs // 2, 3, (1, 2, 2), 1), nn.BatchNorm3d(outputs // 2), nn.GELU(),
        nn.Conv3d(outputs // 2, outputs, 3, 2, 1), nn.BatchNorm3d(outputs))


def taken(x_NLC: torch.Tensor, order_NL: torch.Tensor) -> torch.Tensor:
    """The tokens in another order."""
    return x_NLC.gather(1, order_NL[..., None].expand(-1, -1, x_NLC.shape[2]))


def shrunk(weight_NL: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """How important 2x2 tokens are together: their mean, of the same sum over all as before."""
    smaller = F.avg_pool2d(weight_NL.unflatten(1, size), 2).flatten(1)
    return smaller * (weight_NL.sum(1, keepdim=True) / smaller.sum(1, keepdim=True))
