"""Which image network a video network was made of: the same backbone, whose frames are seen alone."""

import re
from collections.abc import Iterable
from dataclasses import replace
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
ALONE = ("tea-resnet50", "tea-resnet101", "mvitv2_s", "mvitv2_b", "mvitv2_l", "swin3d_t", "swin3d_s", "swin3d_b",
         "swin3d_l", "uniformer_s", "uniformer_b")  # those that have image networks of their own
UNTOLD = (r"num_batches_tracked$|^classifier\.|\.positions\.|\.attention\.table$|token$|\.excite\.|\.mix\.|"
          r"\.query_bias$|\.value_bias$|\.qkv\.bias$")
MADE_OF = (  # how names of backbones begin that have another one inside
    ("tpn_", ""), ("twostream-", ""), ("tdn-", ""), ("blvnet_tam-", "bl"), ("inception_3d_rgb_flow", "inception_v1"),
    ("inception_3d", "inception_v1"),
)
ADDED_PARTS = r"\.excite\.|\.mix\."  # that tea has, and its image network has not
UNLIKE = ("r2plus1d", "ircsn", "ipcsn", "p3d", "gst")  # modules whose kernels match none, on most backbones


def parts_of(network: Network) -> tuple[list[str], str, dict[str, Any]]:
    """The modules of a network, its backbone, and all its options."""
    row = PUBLISHED.get(network.name)
    modules, backbone, _ = parse(row.model if row else network.name)
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


def shapes_of(name: str, **options: object) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights of a network that is not built."""
    with torch.device("meta"):
        network = create_model(name, 1, **options)  # type: ignore[arg-type]
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def modules_of(network: Network) -> list[str]:
    """The modules of a network that image networks' weights go with."""
    return [module for module in parts_of(network)[0] if module in MODULES and module not in UNLIKE]


def networks_of(image: Shapes, modules: Iterable[str]) -> tuple[str, str]:
    """The backbone whose image network has these weights, and networks with it, one of the `modules` among them.

    Nothing where there is none.
    """
    for name, backbone in BACKBONES.items():
        theirs = shapes_of(f"tsn-{name}" if backbone.asks else name) if backbone.asks or name in ALONE else {}
        if compared(theirs) == compared(image):
            listed = backbone.modules or tuple(MODULES)
            usual = (*(module for module in modules if module in listed), *EVERYWHERE)
            names = [f"{module}-{name}" for module in dict.fromkeys(usual) if module in listed or module == "tsn"]
            return name, ", ".join(names if backbone.asks else [name])
    return "", ""


def compared(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Of the weights that tell a network, their outputs: tables are made to fit, and frames are what is added."""
    return {key: shape[:1] for key, shape in shapes.items() if not re.search(UNTOLD, key)}
