"""Stochastic depth: branches are left out for whole clips, the more often the deeper, and only in training."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import ClipSpec, create_model
from kinema.models.drop_path import DropPath

CLIP = ClipSpec(frames=4, height=32, width=32)
SMALL = {  # a network of each kind of residual block, with options that make it small
    "tam-resnet_tiny": {},
    "tsn-x3d_xs": {"widths": (8, 8, 8, 8), "counts": (1, 1, 2, 1), "hidden": 16},
    "tsn-mobilenet_v2": {"widths": (8, 8, 8, 8, 8, 8, 16, 16, 32)},
    "s3d-vit_s16": {"width": 64, "heads": 2, "depth": 3, "hidden": 64},
    "mvitv2_s": {"width": 16, "depth": 3, "steps": (1,)}, "rev_mvit_b": {"width": 16, "depth": 3, "steps": (1,)},
    "swin3d_t": {"width": 12, "depths": (1, 2), "heads": (1, 2)},
    "uniformer_s": {"widths": (8, 8, 16, 16), "depths": (1, 1, 1, 1), "head": 8},
    "uniformer_xxs": {"widths": (8, 8, 16, 16), "depths": (1, 1, 2, 1), "head": 8},
}


def test_what_is_kept_keeps_its_mean_and_a_clip_is_dropped_as_a_whole() -> None:
    layer, x = DropPath(0.25), torch.ones(4000, 2, 3)
    kept = layer(x).flatten(1)
    assert torch.equal(kept, kept[:, :1].expand_as(kept))
    assert kept.unique().tolist() == pytest.approx([0, 4 / 3])
    assert kept.mean() == pytest.approx(1, abs=0.05)
    assert layer.eval()(x) is x


@pytest.mark.parametrize("name", SMALL)
def test_a_network_drops_more_the_deeper_it_is_and_nothing_in_evaluation(name: str) -> None:
    plain, dropping = (create_model(name, 3, clip=CLIP, drop_path=rate, **SMALL[name]) for rate in (0.0, 0.6))
    rates = [layer.rate for layer in dropping.modules() if isinstance(layer, DropPath)]
    assert rates == sorted(rates)
    assert 0 < rates[0] <= rates[-1] <= 0.6
    assert not any(isinstance(layer, DropPath) for layer in plain.modules())
    dropping.load_state_dict(plain.state_dict())  # the same weights by the same names
    clips_NCTHW = torch.randn(6, *CLIP.shape_CTHW)
    assert torch.equal(plain.eval()(clips_NCTHW), dropping.eval()(clips_NCTHW))
    for layer in dropping.modules():
        if isinstance(layer, DropPath):
            layer.train()
    features_ND = dropping.features(clips_NCTHW)
    assert features_ND.isfinite().all()
    assert not torch.equal(features_ND, plain.features(clips_NCTHW))
    features_ND.sum().backward()


def test_a_dropped_block_is_its_shortcut() -> None:
    network = create_model("tam-resnet18", 3, clip=CLIP, drop_path=0.999999).train()
    block = network.backbone.stages[3][1]  # type: ignore[union-attr, index]
    x_NCTHW = torch.rand(2, 512, 2, 2, 2)
    assert torch.equal(block(x_NCTHW), x_NCTHW)  # type: ignore[operator]


def test_the_option_is_kept_and_what_cannot_be_is_said() -> None:
    assert create_model("tam-resnet_tiny", 3, drop_path=0.1).options == {"drop_path": 0.1}
    with pytest.raises(ModelError, match="no residual branches"):
        create_model("i3d-inception_v1", 3, clip=CLIP, drop_path=0.1)
    for wrong in (1.0, -0.1, "much", True):
        with pytest.raises(ModelError, match="below 1"):
            create_model("tam-resnet_tiny", 3, drop_path=wrong)  # type: ignore[arg-type]
