"""Weights under the names of another library, where the names go one to one.

The rules back are trusted as far as they can be checked: the new names, read again, must give every weight its place in
a network of the same kind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kinema.errors import ModelError, nearest
from kinema.files import write_atomic
from kinema.models import Network
from kinema.models.backbones import BACKBONES
from kinema.models.names import meant, parse
from kinema.models.options import usual_values
from kinema.models.published import PUBLISHED
from kinema.models.temporal import ADDED, MODULES
from kinema.weights.possible import possible
from kinema.weights.translate import fit, translate

Weights = dict[str, torch.Tensor]
STEM, STAGE = r"^backbone\.stem\.", r"^backbone\.stages\.(\d)\.(\d+)\."
NO_MATTER = ("head_size", "frames", "clip", "dropout")  # to what a network answers to a clip that it was made for
LETTERS = tuple(enumerate("abc", start=1))


@dataclass(frozen=True)
class Way:
    """A way of naming: substitutions made in order, of networks that fit `of`; a `flat` library has 2-D kernels."""

    rules: tuple[tuple[str, str], ...]
    of: str
    flat: bool = False


TORCHVISION = (
    (rf"{STAGE}branch\.", r"layer\1.\2."),
    (rf"{STAGE}shortcut\.conv\.", r"layer\1.\2.downsample.0."),
    (rf"{STAGE}shortcut\.bn\.", r"layer\1.\2.downsample.1."),
    (r"^classifier\.", "fc."),
)
IMAGE_STEM = ((rf"{STEM}conv\.", "conv1."), (rf"{STEM}bn\.", "bn1."))
VIDEO_STEM = ((rf"{STEM}conv\.", "stem.0."), (rf"{STEM}bn\.", "stem.1."))
VIDEO_BLOCK = ((r"^(layer\d\.\d+)\.conv(\d)\.", r"\1.conv\2.0."), (r"^(layer\d\.\d+)\.bn(\d)\.", r"\1.conv\2.1."))
MMACTION2 = (
    (rf"{STEM}(conv|bn)\.", r"backbone.conv1.\1."),
    (rf"{STAGE}branch\.conv(\d)\.", r"backbone.layer\1.\2.conv\3.conv."),
    (rf"{STAGE}branch\.bn(\d)\.", r"backbone.layer\1.\2.conv\3.bn."),
    (rf"{STAGE}shortcut\.", r"backbone.layer\1.\2.downsample."),
    (r"^classifier\.", "cls_head.fc_cls."),
)
WRAPPED = ((r"^(backbone\.layer\d\.\d+\.conv1\.conv)\.", r"\1.net."),)  # a shift before it
PYTORCHVIDEO = (
    (rf"{STEM}bn\.", "blocks.0.norm."), (rf"{STEM}conv\.", "blocks.0.conv."),
    (rf"{STAGE}", r"blocks.\1.res_blocks.\2."),
    (r"\.branch\.gate\.squeeze\.", ".branch2.norm_b.1.block.0."),
    (r"\.branch\.gate\.excite\.", ".branch2.norm_b.1.block.2."),
    *((rf"\.branch\.conv{number}\.", f".branch2.conv_{letter}.") for number, letter in LETTERS),
    *((rf"\.branch\.bn{number}\.", f".branch2.norm_{letter}.") for number, letter in LETTERS),
    (r"\.shortcut\.conv\.", ".branch1_conv."), (r"\.shortcut\.bn\.", ".branch1_norm."),
    (r"^classifier\.", "blocks.5.proj."),
)
POOLED = tuple((rf"^blocks\.{block}\.", f"blocks.{block + 1}.") for block in (5, 4, 3, 2))  # block 2 is a pool
X3D = (
    (rf"{STEM}space\.", "blocks.0.conv.conv_t."), (rf"{STEM}time\.", "blocks.0.conv.conv_xy."),
    (r"^backbone\.head\.conv\.", "blocks.5.pool.pre_conv."), (r"^backbone\.head\.bn\.", "blocks.5.pool.pre_norm."),
    (r"^backbone\.head\.hidden\.", "blocks.5.pool.post_conv."),
    (r"^backbone\.head\.hidden_bn\.", "blocks.5.pool.post_norm."),
)
GATED = ((r"\.norm_b\.(?=\w+$)", ".norm_b.0."),)  # beside its norm stands a gate, or nothing
LIBRARIES: dict[str, tuple[Way, ...]] = {
    "torchvision": (Way(TORCHVISION + IMAGE_STEM, r"tsn-(wide_)?resne[x]?t\d+$", flat=True),
                    Way(TORCHVISION + VIDEO_STEM + VIDEO_BLOCK, r"(r3d|mc3)-resnet18(-tp)?$")),
    "mmaction2": (Way(MMACTION2, r"(tsn|c2d)-resnet\d+$", flat=True),
                  Way(MMACTION2 + WRAPPED, r"tsm-resnet\d+$", flat=True),
                  Way(MMACTION2, r"(c2d|i3d_fair|slow)-resnet\d+$")),
    "pytorchvideo": (Way(PYTORCHVIDEO, r"((i3d_fair|slow)-resnet\d+|ircsn-resnet\d+-tp)$"),
                     Way(PYTORCHVIDEO + POOLED, r"(c2d|i3d_fair)-resnet\d+$"),
                     Way(X3D + PYTORCHVIDEO + GATED, r"i3d(\+se)?-x3d_\w+$|x3d_\w+$")),
}


def export_state_dict(network: Network, to: str) -> Weights:
    """A network's weights under the names of another library; ModelError where names do not go one to one."""
    if to not in LIBRARIES:
        raise ModelError(f"Weights cannot be written for {to!r}.{nearest(to, LIBRARIES)} They can for "
                         f"{', '.join(LIBRARIES)}.")
    own = network.state_dict()
    deep = any(value.dim() == 5 and value.shape[2] > 1 for value in own.values())
    for way in LIBRARIES[to]:
        names = {key: renamed(key, way) for key in own}
        if not re.match(way.of, meant(network.name)) or (way.flat and deep):
            continue
        if len({*names.values()} - own.keys()) < len(own):
            continue
        theirs = {names[key]: flattened(value) if way.flat else value for key, value in own.items()}
        if leads_back(theirs, network):
            return theirs
    raise ModelError(f"The weights of {network.name} have no names in {to} that lead back to the same network.")


def renamed(key: str, way: Way) -> str:
    """Another library's name of a weight."""
    for pattern, new in way.rules:
        key = re.sub(pattern, new, key)
    return key


def flattened(value: torch.Tensor) -> torch.Tensor:
    """A kernel over one frame as one over pixels alone."""
    return value.squeeze(2) if value.dim() == 5 else value


def leads_back(theirs: Weights, network: Network) -> bool:
    """Are these names known as that library's, of this very network, and does each weight find its place again?"""
    own = network.state_dict()
    try:
        back = translate(theirs)
        found = possible(back)
    except ModelError:
        return False
    same = any(kind_of(one.model) == kind_of(network.name) and told(one.model, one.options) == told(
        network.name, network.options) for one in found)
    return same and back.weights.keys() == own.keys() and all(
        torch.equal(fit(value, own[key]), own[key]) for key, value in back.weights.items())


def told(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a network another one than the usual of its kind, in clips of the size it was made for."""
    backbone = BACKBONES[parse(name)[1]]
    usual = usual_values(backbone.build)
    for module in parse(name)[0]:
        usual |= usual_values((MODULES | ADDED)[module])
    options = {**(PUBLISHED[name].options if name in PUBLISHED else {}), **options}
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    return {key: value for key, value in plain.items() if key not in NO_MATTER and usual.get(key, None) != value}


def kind_of(name: str) -> str:
    """The temporal modules of a network, which its weights may not show."""
    return meant(name).partition("-")[0]


def export_weights(network: Network, to: str, path: str | Path) -> Path:
    """Write a network's weights for another library, as .safetensors or as a file of torch."""
    weights = {key: value.contiguous().cpu() for key, value in export_state_dict(network, to).items()}
    if str(path).endswith(".safetensors"):
        from safetensors.torch import save_file

        write_atomic(Path(path), lambda out: save_file(weights, out))
    else:
        write_atomic(Path(path), lambda out: torch.save({"state_dict": weights}, out))
    return Path(path)
