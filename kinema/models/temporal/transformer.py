"""A transformer encoder over the features of frames (Neimark et al., arXiv:2102.00719; Kalfaoglu, arXiv:2008.01232)."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models.temporal.base import Temporal

SPREAD = 0.02  # of the first positions and of the first class token
WIDER = 4  # times the width, in the hidden layer of each encoder layer


@dataclass(eq=False)
class Transformer(Temporal):
    """The frames' features and a class token, each with its position, pass through encoder layers; the token is kept.

    There are `layers` layers of `width` channels with `heads` heads. Positions are a learned table for the frames that
    the network was created for; for others it is interpolated. Causal: a frame attends to itself and earlier ones, and
    the class token, which no frame sees, to all.
    """

    layers: int = 3
    heads: int = 8
    width: int = 512

    def __post_init__(self) -> None:
        for name in ("layers", "heads", "width"):
            if getattr(self, name) < 1:
                raise ModelError(f"transformer's {name} is {getattr(self, name)}; it must be 1 or more.")
        if self.width % self.heads:
            raise ModelError(f"transformer's width is {self.width}, which {self.heads} heads cannot share equally. "
                             f"Nearest: {self.width // self.heads * self.heads or self.heads}.")

    def readout(self, channels: int, frames: int) -> nn.Module:
        return Encoder(channels, frames, self)


class Encoder(nn.Module):
    """features_NCTHW -> features_ND: what a class token has gathered from the means of all frames."""

    def __init__(self, channels: int, frames: int, options: Transformer) -> None:
        super().__init__()
        self.channels, self.causal = options.width, options.causal
        self.project = nn.Linear(channels, options.width)
        self.token = nn.Parameter(torch.empty(1, 1, options.width))
        self.positions = nn.Parameter(torch.empty(1, 1 + frames, options.width))
        for table in (self.token, self.positions):
            nn.init.trunc_normal_(table, std=SPREAD)
        self.layers = nn.Sequential(*(EncoderLayer(options.width, options.heads) for _ in range(options.layers)))
        self.norm = nn.LayerNorm(options.width)

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        frames_NTD = self.project(x_NCTHW.mean((3, 4)).transpose(1, 2))
        clips, frames, _ = frames_NTD.shape
        tokens_NLD = torch.cat([self.token.expand(clips, -1, -1), frames_NTD], dim=1) + self.positions_for(frames)
        mask_LL = self.mask(frames, x_NCTHW.device) if self.causal else None
        for layer in self.layers:
            tokens_NLD = layer(tokens_NLD, mask_LL)
        return self.norm(tokens_NLD[:, 0])

    def positions_for(self, frames: int) -> torch.Tensor:
        """The table of positions (1 L D) for a class token and so many frames."""
        first, rest = self.positions[:, :1], self.positions[:, 1:]
        if frames == rest.shape[1]:
            return self.positions
        return torch.cat([first, F.interpolate(rest.mT, frames, mode="linear").mT], dim=1)

    def mask(self, frames: int, device: torch.device) -> torch.Tensor:
        """Which tokens (columns) each token (row) may attend to: the class token to all, frames to earlier frames."""
        seen_LL = torch.ones(1 + frames, 1 + frames, dtype=torch.bool, device=device).tril()
        seen_LL[1:, 0] = False
        seen_LL[0] = True
        return seen_LL


class EncoderLayer(nn.Module):
    """Attention between tokens, then two linear layers on each, both added to what came (x_NLD -> x_NLD)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, WIDER * width), nn.GELU(), nn.Linear(WIDER * width, width))

    def forward(self, x_NLD: torch.Tensor, mask_LL: torch.Tensor | None = None) -> torch.Tensor:
        parts = self.query_key_value(self.norm1(x_NLD)).chunk(3, dim=-1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        found_NLD = F.scaled_dot_product_attention(query, key, value, mask_LL).transpose(1, 2).flatten(2)
        x_NLD = x_NLD + self.out(found_NLD)
        return x_NLD + self.mlp(self.norm2(x_NLD))
