"""Image networks' weights in video networks with the same kernels over pixels (Carreira and Zisserman, 1705.07750).

Axes: O outputs, I inputs, T frames, H rows, W columns.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kinema.errors import ModelError, nearest
from kinema.models import Network
from kinema.weights.read import read_weights
from kinema.weights.translate import fit, translate

WAYS = ("mean", "centre", "repeat")
SPACE = (  # a layer of a video network that stands where an image network has one
    (r"\.space\.weight$", ".weight"),  # the first half of a separated convolution
    (r"\.(conv\d?)\.conv\.weight$", r".\1.weight"),  # a convolution behind what prepares its input
)
HIGH = 16.0  # times the spread of what comes to a ReLU: more than it ever falls below zero
NORM = re.compile(r"^(.*)conv(\d?)\.norm\.(\w+)$")  # between the halves: the image network's norm after the convolution
PSEUDO = re.compile(r"^(.*)conv(\d?)\.(space|time)_norm\.(\w+)$")  # p3d's, one for each half
TIME = re.compile(r"^(.*)conv(\d?)\.time\.(weight|bias)$")  # the second half begins as the identity


def inflate(network: Network, source: str | Path | Mapping[str, Any], how: str = "mean") -> Network:
    """Give a network the weights of its image network (torchvision's or timm's file or state_dict).

    `how` a kernel over pixels becomes one over T frames: "mean" 1/T of it in each, "centre" all of it in the middle
    one, "repeat" all of it in each. A clip of one picture then gets the image network's answer with "centre", and with
    "mean" where `repeat_edges` is called. What image networks do not have (temporal modules) is left as it is, and so
    is a classifier of other classes. Raises ModelError, before anything has changed, where kernels do not match.
    """
    if how not in WAYS:
        raise ModelError(f"how={how!r} is unknown; it is one of {', '.join(WAYS)}. {nearest(str(how), WAYS)}")
    image = translate(read_weights(source)).weights
    own = network.state_dict()
    new = {key: value for key, value in separated(network, image).items() if key in own}
    for key, value in own.items():
        theirs = next((image[name] for name in names_in_images(key) if name in image), None)
        if theirs is not None and key not in new and (stretched := stretch(theirs, value, how)) is not None:
            new[key] = stretched
    kernels = [key for key, value in own.items() if value.dim() == 5 and max(value.shape[3:]) > 1]
    lacking = [key for key in kernels if key not in new]
    if lacking or not kernels:
        raise ModelError(f"{network.name} cannot be inflated from these weights: {len(lacking)} of its {len(kernels)} "
                         f"kernels over pixels match none of an image network ({', '.join(lacking[:3])}).")
    network.load_state_dict({**own, **new})
    return network


def names_in_images(key: str) -> list[str]:
    """What a weight of a video network may be called in its image network."""
    return [key, *(re.sub(pattern, new, key) for pattern, new in SPACE if re.search(pattern, key))]


def stretch(image: torch.Tensor, own: torch.Tensor, how: str) -> torch.Tensor | None:
    """A weight of an image network in the shape of the video network's; None where it cannot be."""
    if own.dim() == 5 and image.dim() >= 4:
        flat_OIHW = image.squeeze(2) if image.dim() == 5 else image
        frames = own.shape[2]
        if flat_OIHW.shape != (*own.shape[:2], *own.shape[3:]):
            return None
        if how == "centre":
            stretched = torch.zeros_like(own)
            stretched[:, :, frames // 2] = flat_OIHW
            return stretched
        return flat_OIHW.unsqueeze(2).expand(own.shape) / (frames if how == "mean" else 1)
    fitted = fit(image, own)
    return fitted if fitted.shape == own.shape else None


def separated(network: Network, image: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Convolutions over pixels and then frames: the norm between them is the image's, what follows changes nothing.

    A ReLU stands between the halves. Where none follows the whole, at the end of a branch, what comes to it is lifted
    so far that it cuts nothing off, and set down again behind it.
    """
    own, new = network.state_dict(), dict[str, torch.Tensor]()
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
            new[key] = of_p3d(network, image, key, found)
        elif found := TIME.match(key):
            new[key] = torch.zeros_like(value)
            if found[3] == "weight":
                new[key][:, :, value.shape[2] // 2, 0, 0] = torch.eye(*value.shape[:2]) if value.shape[1] > 1 else 1
    return new


def of_p3d(network: Network, image: Mapping[str, torch.Tensor], key: str, found: re.Match[str]) -> torch.Tensor:
    """A batch norm of p3d's: the image network's over pixels, and over frames one that changes or adds nothing."""
    stem, number, half, leaf = found.groups()
    own = network.state_dict()
    if f"{stem}bn{number}.weight" in own:
        raise ModelError(f"{network.name} cannot be inflated: a ReLU stands in its convolutions, as only the middle "
                         "ones of bottlenecks have it in image networks. Nearest: p3d-resnet50.")
    if half == "space":
        return image.get(f"{stem}bn{number}.{leaf}", own[key]).clone()
    alone = network.get_submodule(f"{stem}conv{number}").kind == "A"  # else it is added to what comes from the pixels
    eps = float(network.get_submodule(f"{stem}conv{number}.time_norm").eps)  # type: ignore[arg-type]
    return torch.full_like(own[key], {"weight": float(alone), "running_var": 1 - eps}.get(leaf, 0))
