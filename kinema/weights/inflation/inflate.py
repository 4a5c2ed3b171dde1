"""Image networks' weights in video networks with the same kernels over pixels (Carreira and Zisserman, 1705.07750).

Axes: O outputs, I inputs, T frames, H rows, W columns.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from kinema.errors import ModelError, nearest
from kinema.models import ClipSpec, Network
from kinema.weights.inflation.begin import begin
from kinema.weights.inflation.halves import PSEUDO, separated, tap_of
from kinema.weights.inflation.images import image_weights
from kinema.weights.inflation.networks import ADDED_PARTS, image_shapes, modules_of, networks_of
from kinema.weights.inflation.tables import fit_table, of_transformer
from kinema.weights.read import read_weights
from kinema.weights.translate import fit, listed, unwrapped

WAYS = ("mean", "centre", "repeat")
UNTOLD = r"num_batches_tracked$|^classifier\."  # what may be missing
COLOURS = 3
SPACE = (  # a layer of a video network that stands where an image network has one
    (r"\.space\.(weight|bias)$", r".\1"),  # the first half of a separated convolution
    (r"\.(conv\d?)\.(?:conv|[01])\.(weight|bias)$", r".\1.\2"),  # a convolution behind what prepares its input
    (r"^backbone\.(?:space|time|streams\.\w+)\.", "backbone."),  # each stream of two
    (r"^backbone\.motion_", "backbone."),  # the beginning of another one, for what changes
)


def inflate(network: Network, source: str | Path | Mapping[str, Any], how: str = "mean") -> Network:
    """Give a network the weights of its image network (torchvision's or timm's file or state_dict).

    `how` a kernel over pixels becomes one over T frames: "mean" 1/T of it in each, "centre" all of it in the middle
    one (of a tubelet's too; in causal networks the last), "repeat" all of it in each. What image networks do not have
    begins as what changes nothing, where it can; else it is left as it is, as a classifier of other classes is.

    A clip of one picture then gets the image network's answer with "centre", and with "mean" where `repeat_edges` is
    called (or the network was created with edges="repeat"). docs/inflation.md says of which networks this holds, and
    why not of the others: those that shift channels need `repeat_edges` with either, and those that were published with
    other pools than the image network an option: stem_pool="pixels" (r3d), far_pools=True (3-D networks on
    inception_v1 and inception_3d, with same=False). As published, without it, the 3-D Inceptions are not exact. Frames
    are expected normalised as the image network's pictures were.

    Raises ModelError, before anything has changed, where kernels do not match.
    """
    if how not in WAYS:
        raise ModelError(f"how={how!r} is unknown; it is one of {', '.join(WAYS)}.{nearest(str(how), WAYS)}")
    whose, image = image_weights({key: value.cpu() for key, value in unwrapped(read_weights(source)).items()})
    own = {key: value if value.is_meta else value.cpu() for key, value in network.state_dict().items()}
    shapes = image_shapes(network, gated=any(".gate." in key for key in image))
    image = of_transformer(network, image, own)
    if shapes is not None and (why := misfit(image, shapes)):
        refuse(network, whose, image, why, modules_of(network))
    new, used = taken(network, own, image, how)
    unplaced = [key for key in image if key not in used and not re.search(UNTOLD, key)]
    if unplaced:
        refuse(network, whose, image, f"{len(unplaced)} of them have no place in it ({listed(unplaced)})")
    begin(network, own, new)
    bare = [key for key in own if key not in new and not re.search(rf"{ADDED_PARTS}|{UNTOLD}", key)]
    if shapes is None and bare:
        refuse(network, whose, image, f"{len(bare)} of its own are not among them ({listed(bare)})")
    network.load_state_dict({**own, **new})
    return network


def taken(
    network: Network, own: Mapping[str, torch.Tensor], image: Mapping[str, torch.Tensor], how: str
) -> tuple[dict[str, torch.Tensor], set[str]]:
    """Those of a network's weights that an image network has, inflated, and which of the image's were used."""
    new = {key: value for key, value in separated(network, own, image).items() if key in own}
    used = {f"{found[1]}bn{found[2]}.{found[4]}" for key in new if (found := PSEUDO.match(key))}
    for key, value in own.items():
        name = next((name for name in names_in_images(key) if name in image), None)
        if name is None:
            continue
        if key not in new and (stretched := stretch(network, key, image[name], value, how)) is not None:
            new[key] = stretched
        if key in new:
            used.add(name)
    return new, used


def names_in_images(key: str) -> list[str]:
    """What a weight of a video network may be called in its image network."""
    names = [key]
    for pattern, new in SPACE:
        names += [re.sub(pattern, new, name) for name in names if re.search(pattern, name)]
    return names


def stretch(
    network: Network, key: str, image: torch.Tensor, own: torch.Tensor, how: str
) -> torch.Tensor | None:
    """A weight of an image network in the shape of the video network's; None where it cannot be."""
    if key.startswith("backbone.") and (resized := fit_table(network, key, image, own)) is not None:
        return resized
    if key == "classifier.weight" and len(image) == len(own) and own.shape[1] % image.shape[1] == 0:
        sides = own.shape[1] // image.shape[1]  # features side by side, each of which gives its share of the answer
        return image.repeat(1, sides) / sides
    if own.dim() != 5 or image.dim() < 4:
        fitted = fit(image, own)
        return fitted if fitted.shape == own.shape else None
    flat_OIHW = image.squeeze(2) if image.dim() == 5 else image
    if flat_OIHW.dim() == 5 or (flat_OIHW.shape[0], *flat_OIHW.shape[2:]) != (own.shape[0], *own.shape[3:]):
        return None
    if flat_OIHW.shape[1] != own.shape[1]:
        if flat_OIHW.shape[1] != COLOURS:
            return None
        flat_OIHW = other_inputs(flat_OIHW, own.shape[1], network.clip)
    frames = own.shape[2]
    if how == "centre":
        stretched = torch.zeros_like(own)
        stretched[:, :, tap_of(network.get_submodule(key.rpartition(".")[0]), frames)] = flat_OIHW
        return stretched
    return flat_OIHW.unsqueeze(2).expand(own.shape) / (frames if how == "mean" else 1)


def other_inputs(weight_OIHW: torch.Tensor, inputs: int, clip: ClipSpec) -> torch.Tensor:
    """A first convolution over other channels than three colours.

    Colours among them keep their kernels; fields of flow and differences get the mean over the colours (Wang et al.,
    arXiv:1608.00859). Where the channels are those of several frames, each frame gets its share.
    """
    channels = clip.channels if inputs % clip.channels == 0 else inputs
    own = COLOURS if clip.input.startswith("rgb") and channels == clip.channels else 0
    mean_OIHW = weight_OIHW.mean(1, keepdim=True).expand(-1, channels - own, -1, -1)
    frames = inputs // channels
    return torch.cat([weight_OIHW[:, :own], mean_OIHW], 1).repeat(1, frames, 1, 1) / frames


def misfit(image: Mapping[str, torch.Tensor], shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Why weights are not those of the image network with these shapes, in words; nothing where they are."""
    named = [key for key in shapes if not re.search(UNTOLD, key)]
    lacking = [key for key in named if key not in image]
    other = [key for key in named if key in image and not alike(tuple(image[key].shape), shapes[key])]
    if other:
        pairs = [f"{key} {tuple(image[key].shape)} for {shapes[key]}" for key in other]
        return f"{len(other)} have another shape than its image network's ({listed(pairs)})"
    return f"{len(lacking)} of its image network's are not among them ({listed(lacking)})" if lacking else ""


def alike(image: tuple[int, ...], own: tuple[int, ...]) -> bool:
    """May a weight of one shape stand for one of the other: but for frames, the channels of a clip, and places?"""
    if len(own) == 5 and len(image) >= 4:  # frames may be told apart in neither, or in the video network's tubelets
        colours = image[1] == COLOURS
        return (image[0], colours or image[1], *image[-2:]) == (own[0], colours or own[1], *own[-2:])
    if len(own) == len(image) == 3 and own[0] == image[0] == 1:  # a table of positions
        return own[2] == image[2]
    return [n for n in image if n > 1] == [n for n in own if n > 1]


def refuse(
    network: Network, whose: str, image: Mapping[str, torch.Tensor], why: str, modules: Iterable[str] = ()
) -> None:
    """Raise the ModelError that says why, whose weights they are, and which networks take them."""
    backbone, names = networks_of({key: tuple(value.shape) for key, value in image.items()}, modules)
    advice = (f"They are those of {backbone}. Nearest: {names}." if backbone else
              "They are of no image network known here; is it the network of this name, with these options?")
    raise ModelError(f"{network.name} cannot be inflated from these weights, {whose}: {why}. {advice}")
