"""The vision transformer (Dosovitskiy et al., arXiv:2010.11929) over clips: a block asks how its attention sees time.

Axes in names: N clips, C channels, L tokens, D width, T frames, H rows, W columns.
"""

from dataclasses import replace

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.options import choose
from kinema.models.plan import Habits, Place, Plan
from kinema.models.temporal import Temporal
from kinema.models.temporal.together import Together, answers
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.block import Block, Perceptron
from kinema.models.transformer.parts import draw, table
from kinema.models.transformer.positions import Separable, Sine, Table
from kinema.models.transformer.probe import Probe
from kinema.models.transformer.readout import READOUTS
from kinema.models.transformer.stem import Tubelets
from kinema.models.transformer.tokens import Grid, as_map, as_tokens, parts

HABITS = Habits(stem_frames=1, norm_eps=1e-5, time_bias=False)
POSITIONS = ("separable", "learned", "fixed", "sine", "rotary")
ASKED = {"before", "attend", "readout"}  # the questions that a transformer asks
STAGES = 4  # quarters of the blocks, before which `-tp` halves the frames


class ViT(nn.Module):
    """clip_NCTHW -> features_NCTHW of one width, in patches of `patch` pixels and `tubelet` frames.

    `positions` are "separable" (learned, of places and of frames), "learned" (of all places of all frames), "fixed" or
    "sine" (a table of sines, kept with the weights or not) or "rotary". `readout` is what is read off at the end: the
    "class" token (or "class_mean", normalised after the mean over frames), all "patches", their "mean" (normalised
    after it), with a class token that is not read ("class_map": the patches, "class_patches": their mean), the "first"
    patch or a "probe" of `probe` blocks with `probe_heads` heads (0: as many as the network's). `bias` says which of
    queries, keys and values have one, `gelu` is "exact", "tanh" or "quick", `norm_eps` is added to the variance by the
    norms and `readout_eps` by those of a mean or a probe.
    `positions_for`: how many patches a learned table is for, where the clip does not say so. With a `layer_scale` the
    branches of a block are multiplied by weights of their channels, which begin so.
    """

    def __init__(
        self, plan: Plan, width: int = 768, depth: int = 12, heads: int = 12, hidden: int = 3072, patch: int = 16,
        tubelet: int = 1, positions: str = "separable", positions_for: int = 0, readout: str = "class",
        bias: str = "qkv", gelu: str = "exact", norm_eps: float = 1e-6, readout_eps: float = 1e-6, probe: int = 3,
        probe_heads: int = 0, layer_scale: float = 0.0,
    ) -> None:
        super().__init__()
        choose("positions", positions, POSITIONS)
        choose("readout", readout, (*READOUTS, "probe"))
        self.channels = width
        grid = Grid(int(readout.startswith("class")), max(plan.frames // tubelet, 1),
                    max(plan.height // patch, 1), max(plan.width // patch, 1))
        self.frames = grid.frames
        self.stem = Tubelets(plan.channels, width, tubelet, patch)
        spec = Heads(width, heads, bias, norm_eps, positions == "rotary", bool(grid.classes), layer_scale)
        self.blocks = nn.ModuleList(make_block(index, depth, plan, grid, spec, hidden, gelu) for index in range(depth))
        self.pools = nn.ModuleDict(make_pools(depth, plan, grid, width))
        self.joins = any(block.attention.joins for block in self.blocks)  # type: ignore[union-attr]
        if not self.joins:
            grid = grid._replace(frames=1)  # frames that do not meet are told no time
        if grid.classes:
            self.class_token = table(1, 1, width)
        self.positions = (
            None if positions == "rotary" else Sine(grid, width) if positions == "sine" else Separable(grid, width)
            if positions == "separable" else Table(grid, width, positions_for, positions == "fixed"))
        if readout == "probe":
            spec = Heads(width, probe_heads or heads, eps=readout_eps)
            self.out: nn.Module = Probe(width, norm_eps, spec, probe)
        else:
            self.out = READOUTS[readout](width, readout_eps if readout == "mean" else norm_eps)
        self.apply(draw)

    def forward(self, clip_NCTHW: torch.Tensor) -> torch.Tensor:
        x_NLD, grid = self.tokens(self.stem(clip_NCTHW))
        for index, block in enumerate(self.blocks):
            if str(index) in self.pools:
                x_NLD, grid = halved(x_NLD, grid, self.pools[str(index)], self.joins)
            x_NLD = block(x_NLD, grid)
        return self.out(x_NLD, grid)

    def tokens(self, patches_NDTHW: torch.Tensor) -> tuple[torch.Tensor, Grid]:
        """Class tokens and patches that know their places."""
        frames, rows, columns = patches_NDTHW.shape[2:]
        classes = 0 if "class_token" not in self._parameters else 1 if self.joins else frames
        grid, x_NLD = Grid(classes, frames, rows, columns), as_tokens(patches_NDTHW)
        class_1FD = self.class_token if classes else x_NLD[:1, :0]
        if self.positions is not None:
            class_position_1FD, position_1LD = self.positions(grid)
            x_NLD = x_NLD + position_1LD.to(x_NLD.dtype)
            if class_position_1FD.shape[1]:
                class_1FD = class_1FD + class_position_1FD
        return torch.cat([class_1FD.expand(len(x_NLD), classes, -1).to(x_NLD.dtype), x_NLD], dim=1), grid


def make_block(index: int, depth: int, plan: Plan, grid: Grid, heads: Heads, hidden: int, gelu: str) -> Block:
    """One block, which asks its temporal module."""
    temporal, place = plan.temporal(index, depth), make_place(index, depth, plan, grid, heads.width)
    check(temporal)
    heads = replace(heads, drop_path=plan.drop_path_at(index, depth))
    mlp = Perceptron(heads.width, hidden, heads.eps, gelu, heads.scale, heads.drop_path)
    return Block(temporal.attend(heads, place), mlp, temporal.before(heads.width, place))


def make_pools(depth: int, plan: Plan, grid: Grid, width: int) -> dict[str, nn.Module]:
    """The pools over frames, by the block that each stands before."""
    starts = sorted({depth * stage // STAGES for stage in range(1, STAGES)} - {0}) if plan.tp else []
    return {str(index): plan.temporal(index, depth).time_pool(plan.pool, make_place(index, depth, plan, grid, width))
            for index in starts}


def make_place(index: int, depth: int, plan: Plan, grid: Grid, width: int) -> Place:
    """Where a block stands: all are of one size, and count as four stages."""
    stage = STAGES * index // depth
    first = next(other for other in range(depth) if STAGES * other // depth == stage)
    frames = grid.frames
    for _ in range(stage if plan.tp else 0):
        frames = -(-frames // 2)
    return Place(index, depth, stage + 1, index - first, frames, HABITS, width)


def check(temporal: Temporal) -> None:
    """Raise ModelError for a temporal module that a transformer has no place for."""
    for part in temporal.who.values() if isinstance(temporal, Together) else [temporal]:
        said = answers(part)
        if said and not ASKED & {*said}:
            raise ModelError(f"{type(part).__name__} says what a block's {' and '.join(said)} is, which a transformer "
                             "does not ask. Modules that go with it: tsn, tsm, i3d, s3d, encoder.")


def halved(x_NLD: torch.Tensor, grid: Grid, pool: nn.Module, joins: bool) -> tuple[torch.Tensor, Grid]:
    """Tokens of half as many frames."""
    class_NFD, patches_NLD = parts(x_NLD, grid)
    map_NDTHW = pool(as_map(patches_NLD, grid))
    if grid.classes and not joins:
        class_NFD = as_tokens(pool(class_NFD.transpose(1, 2)[..., None, None]))
    frames = map_NDTHW.shape[2]
    grid = grid._replace(classes=frames if grid.classes and not joins else grid.classes, frames=frames)
    return torch.cat([class_NFD, as_tokens(map_NDTHW)], dim=1), grid
