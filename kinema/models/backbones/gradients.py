"""HOG3D: histograms of the directions of gradients in space and time (Klaser et al., BMVC 2008).

Axes in names: T frames, H rows, W columns, G the gradient's parts (right, down, later), F faces, S parts of cells,
B blocks, D numbers of a descriptor.
"""

from dataclasses import dataclass
from itertools import product
from math import sqrt

import torch

from kinema.errors import ModelError, nearest

GOLDEN = (1 + sqrt(5)) / 2
SOLIDS = {  # the normals of faces: those whose first number that is not 0 is positive; the others are their opposites
    "icosahedron": [(1.0, a, b) for a, b in product((1, -1), repeat=2)] + [
        row for sign in (1, -1) for row in
        ((0.0, 1 / GOLDEN, sign * GOLDEN), (1 / GOLDEN, sign * GOLDEN, 0.0), (GOLDEN, 0.0, sign / GOLDEN))],
    "dodecahedron": [row for sign in (1, -1) for row in
                     ((0.0, 1.0, sign * GOLDEN), (1.0, sign * GOLDEN, 0.0), (GOLDEN, 0.0, sign * 1.0))],
}
GROWTH = sqrt(2)  # from one size of blocks to the next, and they overlap by half (Wang et al., BMVC 2009)


def normals(solid: str) -> torch.Tensor:
    """Half of the faces' normals (F / 2, 3), of length 1; each has an opposite one."""
    if solid not in SOLIDS:
        raise ModelError(f"solid={solid!r} is unknown; it is one of {', '.join(SOLIDS)}.{nearest(solid, SOLIDS)}")
    rows = torch.tensor(SOLIDS[solid], dtype=torch.float64)
    return (rows / rows.norm(dim=1, keepdim=True)).float()


def quantised(gradients_G: torch.Tensor, solid: str, half: bool) -> torch.Tensor:
    """Gradients (3, ...) over the faces of a solid (F, ...): the length of each, spread over the faces nearest to it.

    What points along a face's normal is that face's alone: the cosine between neighbouring normals is taken off before
    lengths are made up again (the paper's equations 2 and 3). With `half`, opposite directions are one: F / 2 faces.
    """
    axes_F3 = normals(solid).to(gradients_G)
    lengths = lengths_of(gradients_G)
    along_F = torch.einsum("fg,g...->f...", axes_F3, gradients_G / lengths.clamp(min=1e-12))
    angles = (axes_F3 @ axes_F3.T).abs() * (1 - torch.eye(len(axes_F3)).to(axes_F3))  # ONNX fills no diagonal
    least = angles.max()
    shares_F = along_F.abs_() if half else torch.cat([along_F, -along_F])
    shares_F.sub_(least).clamp_(min=0)  # in place: they are large
    return shares_F.mul_(lengths / lengths_of(shares_F).clamp_(min=1e-12))


def lengths_of(x: torch.Tensor) -> torch.Tensor:
    """The lengths (1, ...) of what lies along the first axis; torch's own norm is ten times slower along that one."""
    return x.square().sum(0, keepdim=True).sqrt_()


def gradients(grey_THW: torch.Tensor) -> torch.Tensor:
    """How grey grows to the right, down and later (3 T H W), by central differences; edges are repeated."""
    parts = []
    for axis in (2, 1, 0):
        first, last = grey_THW.narrow(axis, 0, 1), grey_THW.narrow(axis, grey_THW.shape[axis] - 1, 1)
        around = torch.cat([first, grey_THW, last], axis)
        size = grey_THW.shape[axis]
        parts.append((around.narrow(axis, 2, size) - around.narrow(axis, 0, size)) / 2)
    return torch.stack(parts)


def means_between(x: torch.Tensor, edges_KE: torch.Tensor, axis: int) -> torch.Tensor:
    """The means of what lies between neighbouring edges of each row along an axis, which becomes two: rows, parts.

    The integral video of the paper, an axis at a time; a straight line between pixels, so parts may be of any size.
    """
    zero = torch.zeros_like(x.narrow(axis, 0, 1))
    sums = torch.cat([zero, x.cumsum(axis)], axis)
    edges = edges_KE.flatten()
    below = edges.floor().clamp(max=x.shape[axis] - 1)
    part = (edges - below).to(x).reshape(-1, *[1] * (x.dim() - axis - 1))
    low, high = (sums.index_select(axis, (below.long() + one).to(x.device)) for one in (0, 1))
    at = (low + (high - low) * part).unflatten(axis, edges_KE.shape)
    widths = edges_KE.diff(dim=1).to(x).reshape(*edges_KE.shape[:1], -1, *[1] * (x.dim() - axis - 1))
    return at.diff(dim=axis + 1) / widths


@dataclass(frozen=True)
class Blocks:
    """Blocks of cells, dense over a clip: the smallest of `pixels` and `frames`, each size GROWTH times the one before.

    A block has `cells` x `cells` cells over `cells_time`, whose gradients are means over `parts` parts each way.
    Descriptors are cut off at `cut` once they have length 1, and then made so long again.
    """

    solid: str = "icosahedron"
    half: bool = False
    pixels: float = 18.0
    frames: float = 10.0
    sizes: int = 8
    sizes_time: int = 2
    cells: int = 4
    cells_time: int = 3
    parts: int = 3
    cut: float = 0.25

    @property
    def numbers(self) -> int:
        """How many numbers a descriptor has."""
        return len(SOLIDS[self.solid]) * (2 - self.half) * self.cells**2 * self.cells_time

    def describe(self, grey_THW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Each block's descriptor (B D), and how steep it is (B): the mean length of its gradients."""
        found = gradients(grey_THW)
        frames, height, width = grey_THW.shape
        described = [self.described(found, length, side)
                     for length in sizes(self.frames, self.sizes_time, frames)
                     for side in sizes(self.pixels, self.sizes, min(height, width))]
        return torch.cat([rows for rows, _ in described]), torch.cat([steep for _, steep in described])

    def described(self, gradients_GTHW: torch.Tensor, length: float, side: float) -> tuple[torch.Tensor, torch.Tensor]:
        """The blocks of one size."""
        x = gradients_GTHW
        for axis, size, parts in ((3, side, self.cells * self.parts), (2, side, self.cells * self.parts),
                                  (1, length, self.cells_time * self.parts)):
            x = means_between(x, edges(x.shape[axis], size, parts), axis)
        bins = quantised(x, self.solid, self.half)  # F, and of time, rows and columns: blocks, parts
        for axis, cells in ((2, self.cells_time), (4, self.cells), (6, self.cells)):
            bins = bins.unflatten(axis, (cells, self.parts)).sum(axis + 1)
        rows_BD = bins.permute(1, 3, 5, 2, 4, 6, 0).flatten(3).flatten(0, 2)
        steep_B = lengths_of(x)[0].mean((1, 3, 5)).flatten()
        for most in (self.cut, None):
            rows_BD = rows_BD / rows_BD.norm(dim=1, keepdim=True).clamp(min=1e-12)
            rows_BD = rows_BD if most is None else rows_BD.clamp(max=most)
        return rows_BD, steep_B


def sizes(least: float, count: int, room: int) -> list[float]:
    """Up to `count` sizes of blocks that find room, the smallest first; where none does, all the room there is."""
    return [size for number in range(count) if (size := least * GROWTH**number) <= room] or [float(room)]


def edges(room: int, size: float, parts: int) -> torch.Tensor:
    """Where the parts of blocks of a size meet (blocks, parts + 1), from end to end; the blocks overlap by half."""
    count = int((room - size) / (size / 2)) + 1
    starts = torch.linspace(0, room - size, count, dtype=torch.float64)  # which not every device has
    return starts[:, None] + torch.linspace(0, size, parts + 1, dtype=torch.float64)
