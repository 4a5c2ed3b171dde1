"""PyTorchVideo's networks of other sizes than those with figures are told from their weights, by rule."""

import re

import pytest
import torch

from kinema.models import create_model
from kinema.models.clip import ClipSpec
from kinema.weights import from_checkpoint
from kinema.weights.export import export_state_dict

SLOWFAST = (
    *((rf"^backbone\.{name}\.stem\.", f"blocks.0.multipathway_blocks.{number}.")
      for number, name in enumerate(("slow", "fast"))),
    *((rf"^backbone\.{name}\.stages\.(\d)\.", rf"blocks.\1.multipathway_blocks.{number}.res_blocks.")
      for number, name in enumerate(("slow", "fast"))),
    (r"^backbone\.laterals\.(\d)\.0\.", r"blocks.\1.multipathway_fusion.conv_fast_to_slow."),
    (r"^backbone\.laterals\.(\d)\.1\.", r"blocks.\1.multipathway_fusion.norm."),
    (r"(blocks\.\d)\.bn\.", r"\1.norm."), (r"\.shortcut\.(conv|bn)\.", r".branch1_\1."), ("branch1_bn", "branch1_norm"),
    *((rf"\.branch\.(conv|bn){number}\.", rf".branch2.\1_{letter}.") for number, letter in enumerate("abc", start=1)),
    (r"branch2\.bn_", "branch2.norm_"), (r"^classifier\.", "blocks.6.proj."),
)
NARROW = {"width_factor": 0.125}
FLOW = ClipSpec(32, 224, 224, input="flow")
CASES = [
    ("slow-resnet50", NARROW),
    ("c2d-resnet50", NARROW),
    ("i3d_fair-resnet50", NARROW),
    ("i3d_fair-resnet50", {**NARROW, "stem_frames": 3, "inflate": ("0", "0", "1", "1"), "halve": False}),
    ("ircsn-resnet50-tp", NARROW),
    ("x3d_m", {"widths": (8, 16, 24, 40), "counts": (1, 2, 5, 3), "hidden": 32, "hidden_norm": True}),
    ("x3d_m", {"widths": (8, 8, 16, 24), "counts": (1, 1, 2, 1), "bottleneck": 1.5, "hidden": 16}),
    ("slowfast-resnet50", {"width_factor": 0.25, "beta": 4}),
    ("slowfast-resnet50", {"counts": (1, 1, 1, 1), "taps": 5, "alpha": 8}),
    ("slowfast-resnet50", {"width_factor": 0.25, "clip": FLOW}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_network_of_any_size_is_told_from_its_weights(name: str, options: dict) -> None:
    torch.manual_seed(0)
    made = create_model(name, 5, **options).eval()
    weights = export_state_dict(made, "pytorchvideo") if "slowfast" not in name else {}
    for key, value in made.state_dict().items() if not weights else ():
        for pattern, new in SLOWFAST:
            key = re.sub(pattern, new, key)
        weights[key] = value
    found = from_checkpoint(weights)
    assert found.name == name
    x_NCTHW = torch.randn(1, made.clip.channels, 8, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(found(x_NCTHW), made(x_NCTHW))
