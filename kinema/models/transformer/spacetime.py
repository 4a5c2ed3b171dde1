"""How attention sees time: within frames, over the whole clip, or over space and time apart.

Each is a step of a block: x_NLD and `seen_NLD`, which is x as the branch sees it, give x plus what was found.
Axes in names: N clips, M groups of tokens that see each other, L tokens, D width, T frames, S places, A heads.
"""

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models.drop_path import drop_path
from kinema.models.transformer.attention import Attention, Heads
from kinema.models.transformer.scale import scaled
from kinema.models.transformer.tokens import Grid, parts


class Within(nn.Module):
    """Each frame's tokens attend to each other.

    Where a clip has one class token, each frame sees it, and it takes the mean of what it found in the frames.
    """

    joins = False  # do frames meet here?

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.norm = heads.norm()
        self.attend = Attention(heads)
        self.scale, self.drop_path = scaled(heads.width, heads.scale), drop_path(heads.drop_path)

    def forward(self, x_NLD: torch.Tensor, seen_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return x_NLD + self.drop_path(self.scale(self.found(self.norm(seen_NLD), grid)))

    def found(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        """What the tokens find in their frames."""
        class_NFD, patches_NLD = parts(x_NLD, grid)
        frames_MLD = patches_NLD.reshape(-1, grid.places, x_NLD.shape[2])
        if grid.classes:
            each_MLD = class_NFD.expand(-1, grid.frames, -1).reshape(-1, 1, x_NLD.shape[2])
            frames_MLD = torch.cat([each_MLD, frames_MLD], dim=1)
        taken_MLD = self.attend(frames_MLD, grid._replace(classes=min(grid.classes, 1), frames=1))
        if not grid.classes:
            return taken_MLD.reshape(x_NLD.shape)
        class_NFD = taken_MLD[:, 0].unflatten(0, (-1, grid.frames))
        if grid.classes == 1:
            class_NFD = class_NFD.mean(1, keepdim=True)
        return torch.cat([class_NFD, taken_MLD[:, 1:].reshape(patches_NLD.shape)], dim=1)


class Joint(Within):
    """All tokens of all frames attend to each other."""

    joins = True

    def found(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        return self.attend(x_NLD, grid)


class Over(nn.Module):
    """Each place attends to itself in all frames; class tokens are left as they are."""

    def __init__(self, heads: Heads, out: bool) -> None:
        super().__init__()
        self.norm = heads.norm()
        self.attend = Attention(heads)
        self.out = nn.Linear(heads.width, heads.width) if out else nn.Identity()
        self.scale, self.drop_path = scaled(heads.width, heads.scale), drop_path(heads.drop_path)

    def forward(self, x_NLD: torch.Tensor, seen_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        class_NFD, patches_NLD = parts(x_NLD, grid)
        seen_MTD = by_place(self.norm(parts(seen_NLD, grid)[1]), grid)
        taken_MTD = self.attend(seen_MTD, grid._replace(classes=0, rows=1, columns=1))
        branch_NLD = self.drop_path(self.scale(self.out(by_frame(taken_MTD, grid))))
        return torch.cat([class_NFD, patches_NLD + branch_NLD], dim=1)


def by_place(patches_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
    """The frames of each place together (M T D, M places of clips)."""
    places_MTD = patches_NLD.unflatten(1, (grid.frames, grid.places)).transpose(1, 2).flatten(0, 1)
    return places_MTD.contiguous()  # of one clip it is else a view, whose places torch projects one by one


def by_frame(x_MTD: torch.Tensor, grid: Grid) -> torch.Tensor:
    """The inverse of `by_place`."""
    return x_MTD.unflatten(0, (-1, grid.places)).transpose(1, 2).flatten(1, 2)


class Divided(Within):
    """Attention over time and attention within frames, one after the other.

    `time_first` with a projection after the attention over time is TimeSformer's (Bertasius et al., arXiv:2102.05095),
    the other order without one model 3 of ViViT (Arnab et al., arXiv:2103.15691).
    """

    joins = True

    def __init__(self, heads: Heads, time_first: bool) -> None:
        super().__init__(heads)
        self.time_first = time_first
        self.time = Over(heads, out=time_first)

    def forward(self, x_NLD: torch.Tensor, seen_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        if self.time_first:
            x_NLD = self.time(x_NLD, seen_NLD, grid)
            return super().forward(x_NLD, x_NLD, grid)
        x_NLD = super().forward(x_NLD, seen_NLD, grid)
        return self.time(x_NLD, x_NLD, grid)


class ByHeads(Within):
    """Half of the heads attend within frames, the others over time (model 4 of ViViT, arXiv:2103.15691)."""

    joins = True

    def __init__(self, heads: Heads) -> None:
        super().__init__(heads)
        if heads.classes or heads.count % 2:
            raise ModelError("Heads that see either space or time come in pairs, and know no class token; pass "
                             "readout='patches' and an even number of heads.")

    def found(self, x_NLD: torch.Tensor, grid: Grid) -> torch.Tensor:
        half = self.attend.heads // 2
        split = [part.unflatten(2, (grid.frames, grid.places)) for part in self.attend.project(x_NLD)]  # N A T S E
        space = [part[:, :half].transpose(1, 2).flatten(0, 1) for part in split]
        time = [part[:, half:].permute(0, 3, 1, 2, 4).flatten(0, 1) for part in split]
        space_NTASE = self.attend.attend(space, grid._replace(frames=1)).unflatten(0, (-1, grid.frames))
        time_NSATE = self.attend.attend(time, grid._replace(rows=1, columns=1)).unflatten(0, (-1, grid.places))
        taken_NTSAE = torch.cat([space_NTASE.transpose(2, 3), time_NSATE.permute(0, 3, 1, 2, 4)], dim=3)
        return self.attend.out(taken_NTSAE.flatten(3).flatten(1, 2))
