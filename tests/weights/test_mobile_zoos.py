"""Layouts of efficient networks' weights of which no figures are published are read as their code names them."""

import re

import torch

from kinema.models import Network, create_model
from kinema.weights import from_checkpoint, identify

EFFICIENT_X3D = (  # kinema's names, and those of PyTorchVideo's X3D for phones
    (r"^backbone\.stem\.space\.", "s1.pathway0_stem_conv_xy.kernel.conv."),
    (r"^backbone\.stem\.time\.", "s1.pathway0_stem_conv.kernel.conv."),
    (r"^backbone\.stem\.bn\.", "s1.pathway0_stem_conv.kernel.bn."),
    *((rf"^backbone\.stages\.{stage}\.(\d+)\.", rf"s{stage + 1}.pathway0_res\1.") for stage in (1, 2, 3, 4)),
    (r"\.shortcut\.", "._res_proj.kernel."),
    *((rf"\.branch\.{kind}{number + 1}\.", f".layers.conv_{number}.kernel.{kind}.")
      for number in range(3) for kind in ("conv", "bn")),
    (r"\.branch\.gate\.squeeze\.", ".layers.se.se.block.0."),
    (r"\.branch\.gate\.excite\.", ".layers.se.se.block.2."),
    (r"^backbone\.head\.(conv|bn)\.", r"head.conv_5.kernel.\1."),
    (r"^backbone\.head\.hidden\.", "head.lin_5.kernel.conv."),
    (r"^classifier\.", "projection.model."),
)
TORCHVISION_MOBILENET = (
    (r"^backbone\.stem\.conv\.", "features.0.0."), (r"^backbone\.stem\.bn\.", "features.0.1."),
    (r"^backbone\.last\.conv\.", "features.18.0."), (r"^backbone\.last\.bn\.", "features.18.1."),
    (r"^backbone\.blocks\.1\.branch\.conv2\.", "features.1.conv.0.0."),
    (r"^backbone\.blocks\.1\.branch\.bn2\.", "features.1.conv.0.1."),
    (r"^backbone\.blocks\.1\.branch\.conv3\.", "features.1.conv.1."),
    (r"^backbone\.blocks\.1\.branch\.bn3\.", "features.1.conv.2."),
    *((rf"^backbone\.blocks\.(\d+)\.branch\.{name}\.", rf"features.\1.conv.{place}.") for name, place in (
        ("conv1", "0.0"), ("bn1", "0.1"), ("conv2", "1.0"), ("bn2", "1.1"), ("conv3", "2"), ("bn3", "3"))),
    (r"^features\.", "backbone.features."),
    (r"^classifier\.", "cls_head.fc_cls."),
)


def renamed(network: Network, rules: tuple[tuple[str, str], ...]) -> dict[str, torch.Tensor]:
    """A network's weights, drawn anew, under other names."""
    weights = {}
    for key, value in network.state_dict().items():
        for pattern, new in rules:
            key = re.sub(pattern, new, key)
        weights[key] = torch.rand_like(value) if value.is_floating_point() else value
    return weights


def test_x3d_for_phones_is_x3d() -> None:
    for name in ("x3d_m", "x3d_l"):
        with torch.device("meta"):
            network = create_model(name, 7)
        weights = renamed(network, EFFICIENT_X3D)
        assert [(one.model, one.options, one.open) for one in identify(weights)] == [(name, {}, ())]


def test_mobilenet_has_the_names_of_torchvision_too() -> None:
    weights = renamed(create_model("tsn-mobilenet_v2", 7), TORCHVISION_MOBILENET)
    built = from_checkpoint(weights)
    assert built.name == "tsn-mobilenet_v2"
    assert torch.equal(built.backbone.blocks[1].branch.conv2.weight,
                       weights["backbone.features.2.conv.1.0.weight"].reshape(96, 1, 1, 3, 3))


def test_wider_mobilenets_are_told_by_their_shapes() -> None:
    widths = (32, 16, 40, 48, 96, 136, 224, 448, 1792)  # of 1.4 times the channels in the online demo
    weights = renamed(create_model("tsn-mobilenet_v2", 7, widths=widths), TORCHVISION_MOBILENET)
    assert [(one.model, one.options) for one in identify(weights)] == [("tsn-mobilenet_v2", {"widths": widths})]
