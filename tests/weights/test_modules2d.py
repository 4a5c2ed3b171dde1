"""Weights under the names of public code for which no figures are at hand: each is put where it belongs."""

import re

import pytest
import torch

from kinema.models import create_model
from kinema.models.clip import ClipSpec
from kinema.weights import from_checkpoint, identify

CORE = (  # kinema's names, and those of most 2-D repositories
    (r"^backbone\.stem\.(conv|bn)\.", r"base_model.\g<1>1."),
    (r"^backbone\.stages\.(\d)\.(\d+)\.", r"base_model.layer\1.\2."),
    (r"\.shortcut\.conv\.", ".downsample.0."),
    (r"\.shortcut\.bn\.", ".downsample.1."),
    (r"\.branch\.", "."),
    (r"^classifier\.", "new_fc."),
)
TEA = (
    (r"\.excite\.squeeze\.(conv|bn)\.", r".me.\g<1>1."),
    (r"\.excite\.move\.", ".me.conv2."),
    (r"\.excite\.expand\.(conv|bn)\.", r".me.\g<1>3."),
    (r"\.parts\.steps\.(\d)\.(conv|bn)\.", r".\2s.\1."),
    (r"\.parts\.steps\.(\d)\.mix\.", r".shifts.\1.conv."),
    (r"\.parts\.rest\.mix\.", ".shifts.3.conv."),
)
GST = ((r"\.conv2\.space\.", ".conv2."), (r"\.conv2\.both\.", ".Tconv."))
ACTION = (
    (r"\.conv1\.weight$", ".conv1.net.weight"),
    (r"^base_model\.conv1\.net\.", "base_model.conv1."),
    (r"\.before\.mix\.", ".conv1.action_shift."),
    (r"\.before\.place\.", ".conv1.action_p1_conv1."),
    (r"\.before\.channel\.time\.", ".conv1.action_p2_conv1."),
    (r"\.before\.channel\.(squeeze|expand)\.", r".conv1.action_p2_\1."),
    (r"\.before\.(squeeze|expand)\.", r".conv1.action_p3_\1."),
    (r"\.before\.norm\.", ".conv1.action_p3_bn1."),
    (r"\.before\.move\.", ".conv1.action_p3_conv1."),
)
PEERS = {
    "tea-resnet50": TEA, "tea-resnet101": TEA, "gst-resnet50": GST, "action-resnet50": ACTION,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_each_weight_finds_its_place(name: str) -> None:
    ours = create_model(name, 5).eval()
    theirs = {}
    for key, value in ours.state_dict().items():
        for pattern, new in CORE + PEERS[name]:
            key = re.sub(pattern, new, key)
        theirs[f"module.{key}"] = value.squeeze() if ".shifts." in key or "action_shift" in key else value
    found = from_checkpoint({"state_dict": theirs})
    assert found.name == name
    x_NCTHW = torch.randn(1, 3, 4, 32, 32)
    with torch.inference_mode():
        assert torch.equal(found(x_NCTHW), ours(x_NCTHW))


SHIFTED = (  # the network, how the names differ from CORE, and what of its options they show
    ("tsm-resnet18", {"before": "block"}, ((r"(layer\d\.\d+)\.", r"\1.net."),)),
    ("tsm-resnet18", {"halve": 2}, ((r"(layer\d\.\d+\.conv1)\.", r"\1.net."), (r"(layer2)\.", r"\1.net."))),
    ("tsm-resnet18", {"before": "block", "halve": 2}, ((r"(layer\d\.\d+)\.", r"\1.net."), (r"(layer2)\.", r"\1.net."))),
    ("tsm-resnet18", {"before": "projection", "frames": 8}, (
        (r"^base_model\.", "backbone."), (r"^new_fc\.", "cls_head.fc_cls."))),
    ("tsm-tpn_resnet50", {"before": "projection", "frames": 8}, (
        (r"^base_model\.", "backbone."), (r"^new_fc\.", "cls_head.fc_cls."),
        (r"^backbone\.neck\.rates\.(\d)\.", r"necks.temporal_modulation_ops.\1."),
        (r"^backbone\.neck\.up\.", "necks.downsampling_ops.0."),
        (r"^backbone\.neck\.align\.", "necks.spatial_modulation.spatial_modulation.0.0."),
        (r"^backbone\.neck\.fuse\.conv\.", "necks.pyramid_fusion_op.0."),
        (r"^backbone\.neck\.fuse\.bn\.", "necks.pyramid_fusion_op.1."),
        (r"^backbone\.neck\.fuse_down\.", "necks.level_fusion_op2."),
        (r"^backbone\.neck\.fuse_up\.", "necks.level_fusion_op."),
        (r"\.low\.bn\.", ".ops.0.norm."), (r"\.high\.bn\.", ".ops.1.norm."),
        (r"\.low\.", ".ops.0."), (r"\.high\.", ".ops.1."),
        (r"\.both\.conv\.", ".fusion_conv.0."), (r"\.both\.bn\.", ".fusion_conv.1."))),
    ("tsn-resnet18", {}, ()),
)


@pytest.mark.parametrize(("name", "options", "names"), SHIFTED)
def test_names_show_where_channels_are_shifted(name: str, options: dict, names: tuple) -> None:
    with torch.device("meta"):
        theirs = create_model(name, 5, **options).state_dict()
    for pattern, new in CORE + names:
        theirs = {re.sub(pattern, new, key): value for key, value in theirs.items()}
    one, = identify(theirs)
    plain = options.get("before") == "projection" and "tpn" not in name  # other code has these names for tsn
    assert (one.model, one.options, one.open) == (name, options, ("model",) if plain else ())


def test_an_i3d_that_strides_is_not_asked_how_it_pools() -> None:
    with torch.device("meta"):
        theirs = create_model("i3d-resnet18", 5).state_dict()
    names = (*CORE, (r"^base_model\.", ""), (r"^new_fc\.", "fc."))
    for pattern, new in names:
        theirs = {re.sub(pattern, new, key): value for key, value in theirs.items()}
    one, = identify(theirs)
    assert (one.model, one.open) == ("i3d-resnet18", ("tp",))


@pytest.mark.parametrize("name", ["tsn-resnet18", "tsm-mobilenet_v2", "tea-resnet50", "tsn-blresnet50",
                                  "tsn-bn_inception", "tam-inception_v1", "s3d-resnet18"])
def test_stacked_flow_is_read_off_the_weights(name: str) -> None:
    with torch.device("meta"):
        weights = create_model(name, 5, clip=ClipSpec(input="flow_stack5")).state_dict()
    assert any(one.options["clip"].input == "flow_stack5" for one in identify(weights))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), [
    ("gst-resnet18", {"alpha": 8}),
    ("gst-resnet18", {"split": False}),
    ("stm-resnet18", {"reduction": 8}),
    ("tin-resnet101", {"frames": 6, "fold": 2}),
    ("teinet-resnet18", {"reduction": 16}),
    ("action-resnet18", {"reduction": 8}),
    ("tea-resnet50", {}),
    ("tdn-resnet50", {}),
    ("blvnet_tam-resnet50", {"alpha": 4, "beta": 2, "taps": 5}),
    ("blvnet_tam-resnet101", {"depthwise": False}),
    ("tsn-blresnet50", {"beta": 1}),
])
def test_options_are_read_off_the_weights(name: str, options: dict) -> None:
    with torch.device("meta"):
        weights = create_model(name, 5, **options).state_dict()
    one, = identify(weights)
    assert one.model == name
    assert {*one.open} <= {"tp", "pool", "model"}  # a pool over frames has no weights, nor has a shift
    assert {key: one.options[key] for key in options} == options
