"""Which image network a video network was made of: the same backbone, whose frames are seen alone."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from kinema.models import Network, create_model
from kinema.models.backbones import BACKBONES
from kinema.models.names import parse
from kinema.models.options import usual_values
from kinema.models.published import PUBLISHED
from kinema.models.temporal import ADDED, MODULES
from kinema.weights.candidate import Shapes

FROM_CLIPS = ("positions_for",)  # options that count the patches of all frames
EVERYWHERE = ("i3d", "tsn")  # modules whose kernels match an image network's on every backbone
KINDS = (  # a key of image networks, and the backbones that have it
    (r"stages\.1\.0\.branch\.parts\.", "tea-resnet50 tea-resnet101"),
    (r"stages\.2\.between\.", "densenet121 densenet169 densenet201 densenet264"),
    (r"stages\.1\.0\.branch\.", "resnet18 resnet50 resnet34 resnet101 resnet152 resnet10 resnet_tiny resnext50 "
     "resnext101 wide_resnet50 resnet200 resnext152"),
    (r"blocks\.3a\.core\.branch1\.", "inception_v1"), (r"blocks\.3a\.core\.1x1\.", "bn_inception"),
    (r"blocks\.mixed\.", "inception_v3"), (r"blocks\.1\.branch\.conv2\.", "mobilenet_v2"),
    (r"blocks\.0\.attention\.attend\.", "vit_s16 vit_b16 vit_l16 vit_h16 vit_tiny"),
    (r"blocks\.0\.attention\.key\.", "mvitv2_s mvitv2_b mvitv2_l"),
    (r"stages\.1\.blocks\.0\.attention\.table", "swin3d_t swin3d_s swin3d_b swin3d_l"),
    (r"stages\.1\.patches\.", "uniformer_s uniformer_b"),
)
UNTOLD = (r"num_batches_tracked$|^classifier\.|\.positions\.|\.attention\.table$|token$|\.excite\.|\.mix\.|"
          r"\.gate\.|\.query_bias$|\.value_bias$|\.qkv\.bias$")
MADE_OF = (  # how names of backbones begin that have another one inside
    ("tpn_", ""), ("twostream-", ""), ("tdn-", ""), ("blvnet_tam-", "bl"), ("inception_3d_rgb_flow", "inception_v1"),
    ("inception_3d", "inception_v1"),
)
ADDED_PARTS = r"\.excite\.|\.mix\."  # that tea has, and its image network has not
UNLIKE = ("r2plus1d", "ircsn", "ipcsn", "p3d", "gst")  # modules whose kernels match none, on most backbones


def parts_of(network: Network) -> tuple[list[str], str, dict[str, Any]]:
    """The modules of a network, its backbone, and all its options."""
    row = PUBLISHED.get(network.name)
    modules, backbone, _ = parse(network.name)
    return modules, backbone, {**(row.options if row else {}), **network.options}


def image_shapes(network: Network, gated: bool) -> dict[str, tuple[int, ...]] | None:
    """The shapes of the weights of a network's image network, `gated` or not; None where that has no name here."""
    modules, name, options = parts_of(network)
    backbone = image_backbone(name)
    if backbone is None:
        return None
    gates = [module for module in modules if module in ADDED and gated and module != "nonlocal"]
    known = usual_values(BACKBONES[backbone].build)
    for module in gates:
        known |= usual_values(ADDED[module])
    kept = {key: value for key, value in options.items() if key in known and key not in FROM_CLIPS}
    clip = replace(network.clip, input="rgb")
    return shapes_of("+".join(["tsn", *gates]) + f"-{backbone}", clip=clip, **kept)


def image_backbone(backbone: str) -> str | None:
    """The backbone, of those that see frames alone with tsn, that a backbone is made of."""
    for start, new in MADE_OF:
        if backbone.startswith(start):
            return new + backbone.removeprefix(start)
    return backbone if BACKBONES[backbone].asks else None


def shapes_of(name: str, **options: Any) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights of a network that is not built."""
    with torch.device("meta"):
        network = create_model(name, 1, **options)
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def modules_of(network: Network) -> list[str]:
    """The modules of a network that image networks' weights go with."""
    return [module for module in parts_of(network)[0] if module in MODULES and module not in UNLIKE]


@cache
def usual_shapes(backbone: str) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights of a backbone's image network as it is without options."""
    return shapes_of(f"tsn-{backbone}" if BACKBONES[backbone].asks else backbone)


def networks_of(image: Shapes, modules: Iterable[str]) -> tuple[str, str]:
    """The backbone whose image network has these weights, and networks with it, one of the `modules` among them.

    Nothing where there is none.
    """
    gates = "+se" * any(".gate.squeeze." in key for key in image)
    known = next((names for pattern, names in KINDS if any(re.search(pattern, key) for key in image)), "")
    for name in known.split():
        if compared(usual_shapes(name)) == compared(image):
            listed = BACKBONES[name].modules or tuple(MODULES)
            usual = dict.fromkeys((*(module for module in modules if module in listed), *EVERYWHERE))
            names = [f"{module}{gates}-{name}" for module in usual] if BACKBONES[name].asks else [name]
            return name, ", ".join(names)
    return "", ""


def compared(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Of the weights that tell a network, their outputs and inputs: tables are made to fit."""
    return {key: shape[:2] for key, shape in shapes.items() if not re.search(UNTOLD, key)}
