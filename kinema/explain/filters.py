"""What the first layer looks for: its filters as small moving pictures.

Axes in names: K filters, C channels, T frames, H rows, W columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from kinema.errors import ModelError
from kinema.explain.film import pillow, write_film
from kinema.explain.maps import Edge, edge_of, ways
from kinema.explain.overlay import FAINT, GAP, INK, PAPER, letters, pencil, shortened
from kinema.models import Network

MOST = 256  # filters that are shown: the strongest
TILE, WIDE, APART = 36, 480, 4  # pixels of a filter at least, of a page about, and between two filters
FPS = 4.0
LEAST_SECONDS = 4.0  # that a video lasts; the filters move again and again
HEADER = 46


@dataclass(frozen=True)
class FirstLayer:
    """A layer that sees the clip itself: its name in the backbone and its weights (K C T H W)."""

    name: str
    weights_KCTHW: torch.Tensor


def first_layers(network: Network) -> list[FirstLayer]:
    """The convolutions that see the clip before any other does, those over most frames first.

    Raises ModelError where there is none.
    """
    seen: list[tuple[str, nn.Conv3d, Edge, Edge]] = []

    def see(name: str, conv: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        seen.append((name, conv, edge_of(inputs[0]), edge_of(output)))

    hooks = [module.register_forward_hook(lambda *seen_by, name=name: see(name, *seen_by))
             for name, module in network.backbone.named_modules() if isinstance(module, nn.Conv3d)]
    like = next(network.parameters())
    clip_NCTHW = torch.zeros(1, *network.clip.shape_CTHW, dtype=like.dtype, device=like.device, requires_grad=True)
    was_training = network.training
    try:
        with torch.enable_grad():
            network.eval()(clip_NCTHW)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    ends = {after for *_, after in seen}
    found = [FirstLayer(name, conv.weight.detach()) for name, conv, before, _ in seen
             if ways([before], ends, clip_NCTHW)[1]]
    if not found:
        raise ModelError(f"No convolution of {network.name} sees the clip itself.")
    return sorted(found, key=lambda layer: -layer.weights_KCTHW.shape[2])


def ordered(weights_KCTHW: torch.Tensor) -> torch.Tensor:
    """The strongest filters, those first that change most over time for their strength."""
    strength_K = weights_KCTHW.flatten(1).norm(dim=1)
    kept = weights_KCTHW[strength_K.argsort(descending=True)[:MOST]]
    still_K = kept.mean(2).flatten(1).norm(dim=1) * kept.shape[2] ** 0.5
    return kept[(still_K / kept.flatten(1).norm(dim=1).clamp_min(1e-12)).argsort()]


def colours(weights_KCTHW: torch.Tensor, blue_first: bool = False) -> np.ndarray:
    """Filters as pictures (K T H W 3, uint8): grey is nothing, and each has its own scale.

    Of other than three channels the mean is shown, in grey.
    """
    if weights_KCTHW.shape[1] != 3:
        weights_KCTHW = weights_KCTHW.mean(1, keepdim=True).expand(-1, 3, -1, -1, -1)
    elif blue_first:
        weights_KCTHW = weights_KCTHW.flip(1)
    largest_K = weights_KCTHW.abs().flatten(1).amax(1).clamp_min(1e-12)
    shown = 127.5 + 127.5 * weights_KCTHW / largest_K[:, None, None, None, None]
    return shown.round().byte().permute(0, 2, 3, 4, 1).cpu().numpy()


def pages(layer: FirstLayer, name: str, blue_first: bool = False) -> Iterator[np.ndarray]:
    """A picture (H W 3, uint8) of all filters for each of their frames."""
    filters_KTHWC = colours(ordered(layer.weights_KCTHW.float()), blue_first)
    count, frames, height, width = filters_KTHWC.shape[:4]
    times = max(round(max(TILE, WIDE / ceil(sqrt(count))) / max(height, width)), 1)
    down, right = times * height + APART, times * width + APART
    columns = ceil(sqrt(count * down / right))
    rows = ceil(count / columns)
    caption = f"{layer.weights_KCTHW.shape[0]} filters of {frames} x {height} x {width}"
    for frame in range(frames):
        page = np.full((HEADER + rows * down + APART, max(columns * right + APART, 320), 3), PAPER, np.uint8)
        for number, tile_HWC in enumerate(filters_KTHWC[:, frame].repeat(times, 1).repeat(times, 2)):
            top, left = HEADER + number // columns * down + APART, number % columns * right + APART
            page[top : top + down - APART, left : left + right - APART] = tile_HWC
        picture = pillow().fromarray(page)
        pen = pencil(picture)
        pen.text((GAP, 5), f"{caption}, frame {frame + 1} of {frames}", INK, letters(15))
        pen.text((GAP, 27), shortened(pen, f"{name}, {layer.name}", 12, page.shape[1] - 2 * GAP), FAINT, letters(12))
        yield np.asarray(picture)


def write_filters(network: Network, out: Path) -> FirstLayer:
    """Write the filters of the first layer that covers most frames as .gif, .webp or .mp4, and say which it is."""
    layer = first_layers(network)[0]
    drawn = list(pages(layer, network.name, network.clip.order == "bgr"))
    again = 1 if out.suffix.lower() != ".mp4" else ceil(LEAST_SECONDS * FPS / len(drawn))
    write_film(out, drawn * again, FPS)
    return layer
