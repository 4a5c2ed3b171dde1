"""A masked autoencoder of clips: a transformer sees few patches, a small one after it paints what the others show.

After Tong et al. (VideoMAE, arXiv:2203.12602) and He et al. (arXiv:2111.06377). The same places are hidden in all
frames (tubes), so what is shown is a grid too, of frames and of the places that are left: attention divided over space
and time goes with it as well as attention over all.

Axes in names: N clips, C channels, T steps in time (frames, or groups of them), H rows, W columns, S places of a frame,
V of them shown, M of them hidden, L tokens, D width, P values of a patch.
"""

import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError, nearest
from kinema.models.network import Network
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.block import Block, Perceptron
from kinema.models.transformer.parts import draw, table
from kinema.models.transformer.positions import sines
from kinema.models.transformer.spacetime import Joint
from kinema.models.transformer.tokens import Grid, parts
from kinema.models.transformer.vit import ViT

HEAD = 64  # channels of a head of the decoder
WIDER = 4  # how many times as wide its hidden layers are
EPS = 1e-6  # added to the deviation of a patch's values


class MaskedAutoencoder(nn.Module):
    """clip_NCTHW and hidden_NS (true where a place is hidden) -> the loss, and what share of the patches' variance the
    painting explains, which is without a gradient.

    The encoder is `network`'s own transformer, without its readout and classifier, which stay as they are. The decoder
    has `depth` blocks of `width` channels (0: half of the encoder's), and paints each patch's values, `normalised` or
    as they are. ModelError: see `encoder_of`.
    """

    def __init__(self, network: Network, depth: int = 4, width: int = 0, normalised: bool = True) -> None:
        super().__init__()
        self.normalised = normalised
        self.encoder = encoder_of(network)
        self.encoder.out.requires_grad_(False)
        width = width or max(self.encoder.channels // 2, 1)
        frames, size, _ = self.encoder.stem.kernel_size
        heads = Heads(width, max(width // HEAD, 1))
        self.norm = nn.LayerNorm(self.encoder.channels, eps=heads.eps)
        self.enter = nn.Linear(self.encoder.channels, width)
        self.hidden_token = table(1, 1, 1, width)
        self.blocks = nn.ModuleList(
            Block(Joint(heads), Perceptron(width, WIDER * width, heads.eps)) for _ in range(depth))
        self.out_norm = nn.LayerNorm(width, eps=heads.eps)
        self.out = nn.Linear(width, network.clip.channels * frames * size**2)
        for layer in (self.enter, self.blocks, self.out):
            layer.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor, hidden_NS: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        values_NTMP = self.values(clip_NCTHW, hidden_NS)
        loss = F.mse_loss(self.paint(clip_NCTHW, hidden_NS).to(values_NTMP.dtype), values_NTMP)
        return loss, 1 - loss.detach() / values_NTMP.var(correction=0)

    def paint(self, clip_NCTHW: torch.Tensor, hidden_NS: torch.Tensor) -> torch.Tensor:
        """The values of the hidden patches (N T M P), as the decoder guesses them."""
        shown_NV, hidden_NM = apart(hidden_NS)
        shown_NTVD, grid = self.encode(clip_NCTHW, shown_NV)
        shown_NTVD = self.enter(self.norm(shown_NTVD))
        width = shown_NTVD.shape[3]
        x_NTSD = self.hidden_token.to(shown_NTVD.dtype).expand(len(clip_NCTHW), grid.frames, hidden_NS.shape[1], -1)
        x_NTSD = x_NTSD.scatter(2, spread(shown_NV, grid.frames, width), shown_NTVD)
        x_NLD = x_NTSD.flatten(1, 2) + sines(grid.frames * hidden_NS.shape[1], width).to(x_NTSD)
        whole = grid._replace(classes=0, columns=hidden_NS.shape[1], shown_NS=None)
        for block in self.blocks:
            x_NLD = block(x_NLD, whole)
        x_NTSD = x_NLD.unflatten(1, (grid.frames, -1))
        return self.out(self.out_norm(x_NTSD.gather(2, spread(hidden_NM, grid.frames, width))))

    def encode(self, clip_NCTHW: torch.Tensor, shown_NV: torch.Tensor) -> tuple[torch.Tensor, Grid]:
        """The patches at the places shown, as the encoder sees them without all others (N T V D), and their grid."""
        x_NLD, grid = self.encoder.tokens(self.encoder.stem(clip_NCTHW))
        class_NFD, patches_NLD = parts(x_NLD, grid)
        patches_NTSD = patches_NLD.unflatten(1, (grid.frames, grid.places))
        shown_NTVD = patches_NTSD.gather(2, spread(shown_NV, grid.frames, x_NLD.shape[2]))
        x_NLD = torch.cat([class_NFD, shown_NTVD.flatten(1, 2)], dim=1)
        grid = grid._replace(rows=1, columns=shown_NV.shape[1], shown_NS=shown_NV, across=grid.columns)
        for block in self.encoder.blocks:
            x_NLD = block(x_NLD, grid)
        return parts(x_NLD, grid)[1].unflatten(1, (grid.frames, -1)), grid

    def values(self, clip_NCTHW: torch.Tensor, hidden_NS: torch.Tensor) -> torch.Tensor:
        """What should be painted: the values of the hidden patches (N T M P)."""
        patches_NTSPC = patches_of(clip_NCTHW, *self.encoder.stem.kernel_size[:2])
        patches_NTSP = (normal(patches_NTSPC) if self.normalised else patches_NTSPC).flatten(3)
        hidden_NM = apart(hidden_NS)[1]
        return patches_NTSP.gather(2, spread(hidden_NM, patches_NTSP.shape[1], patches_NTSP.shape[3]))


def encoder_of(network: Network) -> ViT:
    """The transformer of a network that can see a part of its patches; ModelError for any other network.

    It must be a plain vision transformer, whose patches stay as many as they are (no `-tp`).
    """
    vit = network.backbone
    if not isinstance(vit, ViT) or len(vit.pools):
        able = maskable()
        raise ModelError(f"{network.name} cannot be pre-trained by masking, which needs a plain vision transformer "
                         f"without -tp: {', '.join(able)}."
                         f"{nearest(network.name, able)}")
    return vit


def maskable() -> list[str]:
    """The names of the networks that can be pre-trained by masking."""
    from kinema.models.names import list_models, parse
    from kinema.models.transformer.sizes import VITS

    named = [(name, *parse(name)) for name in list_models()]
    return [name for name, _, backbone, tp in named if backbone in VITS and not tp]


def places_of(network: Network) -> int:
    """How many places of a frame the patches of a network's own clip are at; ModelError for fewer than two."""
    vit, clip = encoder_of(network), network.clip
    frames, size, _ = vit.stem.kernel_size
    places = (clip.height // size) * (clip.width // size)
    if places < 2 or clip.frames < frames:
        raise ModelError(f"Clips of {clip.frames} frames of {clip.height} x {clip.width} pixels are {places} patches a "
                         f"frame of {frames} x {size} x {size}; masking needs 2 or more. Choose a larger --size, more "
                         "--frames, or --option patch=8.")
    return places


def apart(hidden_NS: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The numbers of the places shown (N V) and of those hidden (N M), each in rising order; all clips hide as many."""
    order_NS = hidden_NS.to(torch.uint8).argsort(dim=1, stable=True)
    shown = int((~hidden_NS[0]).sum())
    return order_NS[:, :shown], order_NS[:, shown:]


def spread(places_NV: torch.Tensor, frames: int, width: int) -> torch.Tensor:
    """Places as an index of all frames and channels (N T V D)."""
    return places_NV[:, None, :, None].expand(-1, frames, -1, width)


def patches_of(clip_NCTHW: torch.Tensor, frames: int, size: int) -> torch.Tensor:
    """A clip as patches of `frames` frames and `size` x `size` pixels (N T S P C); what sticks out at the end is
    left out.
    """
    steps, rows, columns = (length // part for length, part in zip(clip_NCTHW.shape[2:], (frames, size, size),
                                                                   strict=True))
    whole = clip_NCTHW[:, :, : steps * frames, : rows * size, : columns * size]
    cut = whole.unflatten(4, (columns, size)).unflatten(3, (rows, size)).unflatten(2, (steps, frames))
    return cut.permute(0, 2, 4, 6, 3, 5, 7, 1).flatten(4, 6).flatten(2, 3)


def normal(x_NTSPC: torch.Tensor) -> torch.Tensor:
    """Patches of which each colour has mean 0 and deviation 1."""
    deviation, mean = torch.std_mean(x_NTSPC, dim=3, keepdim=True)
    return (x_NTSPC - mean) / (deviation + EPS)
