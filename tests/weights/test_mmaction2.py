"""MMAction2's and its relatives' names for networks of which no figures are at hand: each is recognised by them."""

import re

import pytest
import torch

from kinema.models import create_model, order_aware
from kinema.models.clip import ClipSpec
from kinema.models.temporal.tin import Interlace
from kinema.weights import identify
from kinema.weights.candidate import Candidate

PLAIN = (
    (r"^backbone\.stem\.(conv|bn)\.", r"backbone.\g<1>1."),
    (r"^backbone\.stages\.(\d)\.", r"backbone.layer\1."),
    (r"\.branch\.", "."),
    (r"\.shortcut\.conv\.", ".downsample.0."),
    (r"\.shortcut\.bn\.", ".downsample.1."),
    (r"^classifier\.", "cls_head.fc_cls."),
)
WRAPPED = (
    (r"^backbone\.stem\.(conv|bn)\.", r"backbone.conv1.\1."),
    (r"^backbone\.stages\.(\d)\.", r"backbone.layer\1."),
    (r"\.branch\.conv(\d)\.", r".conv\1.conv."),
    (r"\.branch\.bn(\d)\.", r".conv\1.bn."),
    (r"\.shortcut\.", ".downsample."),
    (r"^classifier\.", "cls_head.fc_cls."),
)
SHIFTED = (*WRAPPED, (r"(layer\d\.\d+\.conv1\.conv)\.", r"\1.net."))
BLOCKS = (*WRAPPED, (r"(layer\d\.\d+)\.", r"\1.net."))
OFFSETS = (
    *WRAPPED,
    (r"(layer\d\.\d+\.conv1\.conv)\.", r"\1.net2."),
    (r"\.before\.offset_hidden\.", ".conv1.conv.net1.offset_net.fc1."),
    (r"\.before\.offset_out\.", ".conv1.conv.net1.offset_net.fc2."),
    (r"\.before\.(offset|weight)_conv\.", r".conv1.conv.net1.\1_net.conv."),
)
DENSE = (
    (r"^backbone\.stem\.(conv|bn)\.", r"backbone.features.\g<1>0."),
    (r"\.bn0\.", ".norm0."),
    (r"^backbone\.norm\.", "backbone.features.norm5."),
    (r"^backbone\.stages\.(\d)\.(\d+)\.branch\.", r"backbone.features.denseblock\1.denselayer\2."),
    *((rf"^backbone\.stages\.{stage + 1}\.between\.", f"backbone.features.transition{stage}.") for stage in (1, 2, 3)),
    (r"(denselayer\d+)\.bn", r"\1.norm"),
    (r"(transition\d)\.bn\.", r"\1.norm."),
    (r"^classifier\.", "cls_head.fc_cls."),
)
SWIN = (
    (r"^backbone\.stages\.1\.merge\.", "backbone.layers.1.downsample."),
    (r"^backbone\.stages\.2\.merge\.", "backbone.layers.2.downsample."),
    (r"^backbone\.stages\.3\.merge\.", "backbone.layers.3.downsample."),
    *((rf"^backbone\.stages\.{stage}\.", f"backbone.layers.{stage - 1}.") for stage in (1, 2, 3, 4)),
    (r"\.downsample\.reduce\.", ".downsample.reduction."),
    (r"\.attention\.table$", ".attn.relative_position_bias_table"),
    (r"\.attention\.out\.", ".attn.proj."), (r"\.attention\.", ".attn."),
    (r"^backbone\.patches\.conv\.", "backbone.patch_embed.proj."),
    (r"^backbone\.patches\.norm\.", "backbone.patch_embed.norm."),
    (r"^classifier\.", "cls_head.fc_cls."),
)
ONE = (
    (r"^backbone\.stem\.", "backbone.stage0."),
    *((rf"^backbone\.stages\.(\d)\.{block}\.depth\.", rf"backbone.stage\1.{2 * block}.") for block in range(10)),
    *((rf"^backbone\.stages\.(\d)\.{block}\.point\.", rf"backbone.stage\1.{2 * block + 1}.") for block in range(10)),
    (r"\.norm\.", ".branch_norm."),
    (r"\.pixel\.", ".branch_scale."),
    (r"\.convs\.(\d+)\.(conv|bn)\.", r".branch_conv_list.\1.\2."),
    (r"\.convs\.0\.", ".branch_reparam."),
    (r"\.bn\.", ".norm."),
    (r"\.gate\.squeeze\.", ".se.conv1.conv."), (r"\.gate\.excite\.", ".se.conv2.conv."),
    (r"^classifier\.", "cls_head.fc_cls."),
)
NETS = (*ONE, (r"^(backbone\.stage0|backbone\.stage\d\.\d+)\.", r"\1.net."))
S0 = {"widths": (48, 48, 128, 256, 1024), "branches": 4, "gates": (0, 0, 0, 0)}
FLOW = {"clip": ClipSpec(input="flow_stack5")}
CASES = [
    ("tsm-resnet18", SHIFTED, {}),
    ("tsm-resnet18", BLOCKS, {"before": "block"}),
    ("tsm-resnet101", BLOCKS, {"before": "block"}),
    ("tsm-resnet50", PLAIN, {"before": "projection", "frames": 8}),
    ("tin-resnet50", OFFSETS, {"frames": 16, "fold": 2}),
    ("tin-resnet101", OFFSETS, {"frames": 8}),
    ("tsn-resnet18", WRAPPED, FLOW),
    ("slow-resnet50", WRAPPED, {"clip": ClipSpec(input="flow")}),
    ("tsn-resnext101", PLAIN, {}),
    ("tsn-densenet161", DENSE, {"last_relu": False}),
    ("swin2d_b", SWIN, {}),
    ("tsn-mobileone_s4", ONE, {}),
    ("tsm-mobileone_s4", NETS, {"fused": True}),
    ("tsm-mobileone_s4", NETS, S0),
]


def renamed(name: str, options: dict, rules: tuple[tuple[str, str], ...]) -> dict[str, torch.Tensor]:
    """The weights of a network under other names, without any numbers."""
    with torch.device("meta"):
        ours = create_model(name, 7, **options).state_dict()
    theirs = {}
    for key, value in ours.items():
        for pattern, new in rules:
            key = re.sub(pattern, new, key)
        flat = key.endswith("bias_table") or (value.dim() == 5 and value.shape[2] == 1 and "resn" not in key)
        theirs[key] = value.reshape(-1, value.shape[-1]) if key.endswith("bias_table") else (
            value.squeeze(2) if flat else value)
    return theirs


@pytest.mark.parametrize(("name", "rules", "options"), CASES)
def test_a_network_is_recognised_by_the_names_of_its_weights(name: str, rules: tuple, options: dict) -> None:
    open_ = ("model",) if options.get("before") == "projection" else ()  # other code has these names for tsn
    assert identify(renamed(name, options, rules)) == [Candidate(name, options, open_)]


def test_in_tin_every_block_of_a_deep_network_moves_channels() -> None:
    with torch.device("meta"):
        network = create_model("tin-resnet101")
    assert sum(isinstance(layer, Interlace) for layer in network.modules()) == 33


@pytest.mark.parametrize("place", ["branch", "projection", "block"])
def test_what_stands_before_a_block_is_seen_by_what_it_says(place: str) -> None:
    network = create_model("tsm-resnet18", before=place).eval()
    for stage, index in ((2, 0), (2, 1)):  # with a projection, and without
        block = network.backbone.stages[stage - 1][index]
        x_NCTHW = torch.randn(1, 64 if index == 0 else 128, 4, 8, 8)
        shared = place == "block" or (place == "projection" and index == 0)
        shortcut = block.shortcut(block.before(x_NCTHW) if shared else x_NCTHW)
        assert torch.equal(block(x_NCTHW), (block.branch(block.before(x_NCTHW)) + shortcut).relu())


def test_swin_frame_by_frame_is_blind_to_the_order_of_frames() -> None:
    network = create_model("swin2d_t", 7, depths=(2,), heads=(3,)).eval()
    x_NCTHW = torch.randn(1, 3, 4, 32, 32)
    assert not order_aware("swin2d_t")
    torch.testing.assert_close(network(x_NCTHW), network(x_NCTHW.flip(2)))
