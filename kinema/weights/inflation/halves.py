"""Convolutions in two halves, over pixels and over frames, that begin as an image network's convolution.

Axes: O outputs, I inputs, T frames, H rows, W columns.
"""

import re
from collections.abc import Mapping

import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models import Network
from kinema.models.layers import TimePad
from kinema.models.same import SamePad

HIGH = 16.0  # times the spread of what comes to a ReLU: more than it ever falls below zero
NORM = re.compile(r"^(.*)conv(\d?)\.norm\.(\w+)$")  # between the halves: the image network's norm after the convolution
PSEUDO = re.compile(r"^(.*)conv(\d?)\.(space|time)_norm\.(\w+)$")  # p3d's, one for each half
TIME = re.compile(r"^((.*)conv(\d?)\.time)\.(weight|bias)$")  # the second half begins as the identity


def tap_of(module: nn.Module, frames: int) -> int:
    """Which of a convolution's frames is the one it stands for: its middle one, or the last where it is causal."""
    edge, padding = getattr(module, "edge", None), int(getattr(module, "padding", (0,))[0])
    if isinstance(edge, SamePad):
        return edge.kernel[0] - edge.stride[0] if edge.causal else frames // 2
    if isinstance(edge, TimePad) and edge.before + edge.after:
        return edge.before
    return padding or frames // 2


def identity(weight_OITHW: torch.Tensor, tap: int) -> torch.Tensor:
    """The kernel that gives the frame of its `tap`, and its middle pixel, as they are."""
    new, (outputs, inputs) = torch.zeros_like(weight_OITHW), weight_OITHW.shape[:2]
    row, column = (side // 2 for side in weight_OITHW.shape[3:])
    new[:, :, tap, row, column] = torch.eye(outputs, inputs) if inputs > 1 else 1
    return new


def separated(
    network: Network, own: Mapping[str, torch.Tensor], image: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Convolutions over pixels and then frames: the norm between them is the image's, what follows changes nothing.

    A ReLU stands between the halves. Where none follows the whole, at the end of a branch, what comes to it is lifted
    so far that it cuts nothing off, and set down again behind it.
    """
    new: dict[str, torch.Tensor] = {}
    for key, value in own.items():
        if found := NORM.match(key):
            stem, number, leaf = found.groups()
            norm, parts = image.get(f"{stem}bn{number}.weight"), network.get_submodule(f"{stem}conv{number}")
            first, _ = next(parts.named_children())
            if norm is None or value.shape not in ((), norm.shape) or first != "space":
                continue  # other channels between the halves, which nothing fits; or frames first, which change nothing
            new[key] = image.get(f"{stem}bn{number}.{leaf}", value).clone()
            last = bool(number) and f"{stem}conv{int(number) + 1}.weight" not in own
            lift = HIGH * image[f"{stem}bn{number}.weight"].abs() if last else torch.zeros(1)
            eps = float(network.get_submodule(f"{stem}bn{number}").eps)  # type: ignore[arg-type]
            after = {"weight": torch.ones(1), "running_var": torch.tensor(1 - eps), "running_mean": lift}
            new[f"{stem}bn{number}.{leaf}"] = torch.zeros_like(value) + after.get(leaf, torch.zeros(1)).to(value.dtype)
            new[key] += lift if leaf == "bias" else 0
        elif found := PSEUDO.match(key):
            new[key] = of_p3d(network, own, image, key, found)
        elif found := TIME.match(key):
            tap = tap_of(network.get_submodule(found[1]), value.shape[2]) if found[4] == "weight" else 0
            new[key] = identity(value, tap) if found[4] == "weight" else torch.zeros_like(value)
    return new


def of_p3d(
    network: Network, own: Mapping[str, torch.Tensor], image: Mapping[str, torch.Tensor], key: str,
    found: re.Match[str],
) -> torch.Tensor:
    """A batch norm of p3d's: the image network's over pixels, and over frames one that changes or adds nothing."""
    stem, number, half, leaf = found.groups()
    if f"{stem}bn{number}.weight" in own:
        raise ModelError(f"{network.name} cannot be inflated: a ReLU stands in its convolutions, as only the middle "
                         "ones of bottlenecks have it in image networks. Nearest: p3d-resnet50.")
    if half == "space":
        return image.get(f"{stem}bn{number}.{leaf}", own[key]).clone()
    alone = network.get_submodule(f"{stem}conv{number}").kind == "A"  # else it is added to what comes from the pixels
    eps = float(network.get_submodule(f"{stem}conv{number}.time_norm").eps)  # type: ignore[arg-type]
    return torch.full_like(own[key], {"weight": float(alone), "running_var": 1 - eps}.get(leaf, 0))
