"""Tables of positions and distances of image networks, for the frames and places of video networks.

Axes: L tokens, D width, T frames, H rows, W columns.
"""

import re
from collections.abc import Mapping
from math import isqrt

import torch
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models import Network
from kinema.models.transformer.tokens import Grid
from kinema.models.transformer.vit import ViT

TABLE, SPACE, TOKEN = "backbone.positions.table", "backbone.positions.space", "backbone.class_token"


def of_transformer(
    network: Network, image: dict[str, torch.Tensor], own: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """A vision transformer's weights as a network keeps them: its positions, class token and biases.

    Where there is no class token the image network's is left out. A bias of keys changes no attention. Raises
    ModelError for networks that make their positions themselves.
    """
    if TABLE not in image or not isinstance(network.backbone, ViT):
        return image
    image, table_1LD = dict(image), image[TABLE]
    has_class = isqrt(table_1LD.shape[1]) ** 2 != table_1LD.shape[1]
    if TOKEN not in own:
        image.pop(TOKEN, None)
        image[TABLE] = table_1LD[:, int(has_class):]
    elif not has_class:
        image[TABLE] = F.pad(table_1LD, (0, 0, 1, 0))  # a class token that is told no place
    if SPACE in own:
        image[SPACE] = image.pop(TABLE)
    elif TABLE not in own:
        raise ModelError(f"{network.name} cannot be inflated from a vision transformer's weights: it makes the "
                         "positions of its patches itself, where the image network has learned them. Nearest: "
                         f"{network.name} with positions='learned', or with 'separable'.")
    for key in [key for key in image if key.endswith(".attend.qkv.bias")]:
        stem = key.removesuffix("qkv.bias")
        if f"{stem}query_bias" in own:
            query, _, value = image.pop(key).chunk(3)
            image |= {f"{stem}query_bias": query, f"{stem}value_bias": value}
    return image


def fit_table(network: Network, key: str, image: torch.Tensor, own: torch.Tensor) -> torch.Tensor | None:
    """A table for the clips of a network: each frame has that of a picture, resized (bicubic) for another crop.

    None for what is no table, or one that cannot be made to fit.
    """
    if key in (TABLE, SPACE) and isinstance(network.backbone, ViT):
        grid: Grid = network.backbone.positions.grid  # type: ignore[union-attr, assignment]
        class_1FD, places_1LD = image[:, : grid.classes], image[:, grid.classes :]
        side = isqrt(places_1LD.shape[1])
        if side**2 != places_1LD.shape[1] or image.shape[2] != own.shape[2]:
            return None
        if (side, side) != (grid.rows, grid.columns):
            map_1DHW = places_1LD.transpose(1, 2).unflatten(2, (side, side))
            map_1DHW = F.interpolate(map_1DHW, (grid.rows, grid.columns), mode="bicubic", antialias=True)
            places_1LD = map_1DHW.flatten(2).transpose(1, 2)
        frames = (own.shape[1] - grid.classes) // places_1LD.shape[1]
        return torch.cat([class_1FD, places_1LD.repeat(1, frames, 1)], dim=1)
    if key.endswith(".attention.table") and image.shape[1:] == own.shape[1:]:
        return image[:1].expand(own.shape).clone()  # a window of one frame, whatever the frames between
    if re.search(r"\.attention\.positions\.(rows|columns)$", key) and image.shape[1:] == own.shape[1:]:
        return image if len(image) == len(own) else F.interpolate(image.T[None], len(own), mode="linear")[0].T
    return None
