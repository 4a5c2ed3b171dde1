"""Layouts of efficient networks' weights of which no figures are published are read as their code names them."""

import re

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.weights import from_checkpoint, identify
from tests.weights.agreement import reference

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


def empty(name: str) -> dict[str, torch.Tensor]:
    """Weights of a published implementation's names and shapes, all zero."""
    return {key: torch.zeros(shape) for key, shape in reference(name)["keys"].items()}


def test_how_long_a_live_answer_averages_is_asked_for() -> None:
    weights = empty("cox3d_s_stream")
    with pytest.raises(ModelError, match="do not show its head_frames"):
        from_checkpoint(weights)
    assert from_checkpoint(weights, head_frames=16).backbone.head.frames == 16


@pytest.mark.parametrize("name", ["mit_tsm_mobilenetv2_f8", "mm_tsm_mobilenetv2"])
def test_without_wrapped_layers_a_mobilenet_sees_single_frames(name: str) -> None:
    weights = {key.replace(".net.", "."): value for key, value in empty(name).items()}
    assert [one.model for one in identify(weights)] == ["tsn-mobilenet_v2"]
    assert [one.model for one in identify(empty(name))] == ["tsm-mobilenet_v2"]


@pytest.mark.slow
def test_movinets_are_told_by_their_blocks() -> None:
    names = ((r"^backbone\.stages\.(\d)\.(\d+)\.", r"blocks.b\1_l\2."), (r"^backbone\.stem\.", "conv1."),
             (r"^backbone\.last\.", "conv7."), (r"^backbone\.hidden\.", "classifier.0.conv_1.conv3d."),
             (r"^classifier\.(weight|bias)", r"classifier.3.conv_1.conv3d.\1"),
             (r"\.branch\.gate\.squeeze\.", ".se.fc1.conv_1.conv3d."),
             (r"\.branch\.gate\.excite\.", ".se.fc2.conv_1.conv3d."), (r"\.branch\.", "."),
             (r"(l\d+)\.shortcut\.project\.", r"\1.res.1."), (r"\.conv([12])\.", r".conv_\1.conv3d."),
             (r"\.bn([12])\.", r".conv_\1.norm."))
    for name, options in (
        ("movinet_a1_base", {}), ("movinet_a1_stream", {}), ("movinet_a2_stream", {}), ("movinet_a4_base", {}),
        ("movinet_a1_stream", {"split": False}), ("movinet_a2_base", {"split": True}), ("movinet_a3", {"stream": True}),
    ):
        with torch.device("meta"):
            network = create_model(name, 7, **options)
        found = [(one.model, one.options, one.open) for one in identify(renamed(network, names))]
        assert found == [(name, options, ())]
