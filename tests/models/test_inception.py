"""The Inception family, and the modules and networks that were published over it."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.evaluation.profile import profile
from kinema.models import create_model
from kinema.models.same import SameConv, SamePad, SamePool
from kinema.models.temporal.gsm import GatedShift, interleave
from kinema.models.temporal.stnet import Fold
from kinema.models.temporal.trn import Relations, related
from tests.models.test_networks import clip, network


@pytest.mark.parametrize(("length", "before", "after"), [(224, 2, 3), (225, 3, 3), (7, 3, 3), (8, 2, 3)])
def test_tensorflow_pads_as_little_as_it_can_and_the_odd_one_at_the_end(length: int, before: int, after: int) -> None:
    padded = SamePad((1, 7), (1, 2), causal=False)(torch.ones(1, 1, 1, length, 1))
    column = padded[0, 0, 0, :, 3]
    assert column.tolist() == [0] * before + [1] * length + [0] * after
    assert SameConv(1, 1, (1, 7), (1, 2))(torch.ones(1, 1, 1, length, 9)).shape[3] == -(-length // 2)


def test_a_pool_that_fits_is_not_padded() -> None:
    x_NCTHW = torch.randn(1, 2, 4, 6, 6)
    assert SamePad((2, 2), (2, 2), causal=False)(x_NCTHW) is x_NCTHW
    assert (SamePool("max", (3, 3), (2, 2))(-x_NCTHW.abs()) <= 0).all()


def test_gates_that_let_nothing_through_only_interleave() -> None:
    layer, x_NCTHW = GatedShift(8, causal=False).eval(), torch.randn(1, 8, 4, 2, 2)
    torch.nn.init.zeros_(layer.gate.weight)
    expected = torch.cat([interleave(half) for half in x_NCTHW.chunk(2, dim=1)], dim=1)
    torch.testing.assert_close(layer(x_NCTHW), expected)
    assert interleave(torch.arange(6.0).view(1, 6, 1, 1, 1)).flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_open_gates_move_half_of_the_channels_each_way() -> None:
    layer = GatedShift(4, causal=False).eval()
    torch.nn.init.zeros_(layer.gate.weight)
    torch.nn.init.constant_(layer.gate.bias, 100)
    numbered = torch.arange(1.0, 5).view(1, 1, 4, 1, 1).expand(1, 4, 4, 1, 1)
    assert layer(numbered)[0, :, :, 0, 0].tolist() == [[2, 3, 4, 0], [2, 3, 4, 0], [0, 1, 2, 3], [0, 1, 2, 3]]


def test_a_block_is_gated_in_its_shortest_branch_with_a_projection() -> None:
    for backbone, blocks in (("bn_inception", 10), ("inception_v3", 10)):  # v3: not in mixed_6, as published
        with torch.device("meta"):
            built = create_model(f"gsm-{backbone}")
        gated = [name for name, module in built.named_modules() if isinstance(module, GatedShift)]
        assert len(gated) == blocks
        assert not any("mixed_6" in name for name in gated)


def test_relations_are_between_frames_in_their_order() -> None:
    assert related(4, 3) == [[0, 1, 2], [0, 1, 3], [0, 2, 3]]
    layer, x_NCTHW = Relations(6, 3, 4, 5, (3, 2)), torch.randn(2, 6, 3, 2, 2)
    told_NTD = layer.embed(x_NCTHW.mean((3, 4)).transpose(1, 2)).relu()
    pairs = [layer.scales[1](torch.cat([told_NTD[:, a], told_NTD[:, b]], 1)) for a, b in ((0, 1), (0, 2), (1, 2))]
    torch.testing.assert_close(layer(x_NCTHW)[:, 5:], torch.stack(pairs).relu().sum(0))
    with pytest.raises(ModelError, match="takes 3 frames here, not 4"):
        layer(torch.randn(2, 6, 4, 2, 2))


def test_frames_become_channels_of_one_picture() -> None:
    frames = torch.arange(7.0).view(1, 1, 7, 1, 1) + torch.tensor([0.0, 10.0]).view(1, 2, 1, 1, 1)
    folded = Fold(5)(frames)[0, :, :, 0, 0].T.tolist()
    assert folded == [[0, 10, 1, 11, 2, 12, 3, 13, 4, 14], [5, 15, 6, 16, 6, 16, 6, 16, 6, 16]]


def test_two_streams_are_two_networks_side_by_side() -> None:
    both = network("i3d_two_stream", 8)
    rgb, flow = network("i3d", 8), network("i3d_flow", 8)
    rgb.backbone, flow.backbone = both.backbone.streams["rgb"], both.backbone.streams["flow"]
    clip_NCTHW = torch.cat([clip(8), clip(8)[:, :2]], dim=1)
    with torch.inference_mode():
        features = torch.cat([rgb.features(clip_NCTHW[:, :3]), flow.features(clip_NCTHW[:, 3:])], dim=1)
        torch.testing.assert_close(both.features(clip_NCTHW), features)


def test_gating_is_for_each_branch_and_not_in_the_stem() -> None:
    with torch.device("meta"):
        built = create_model("s3d_g")
    assert not [key for key in built.state_dict() if "conv1.gate" in key or "conv2.gate" in key]
    assert built.backbone.blocks.get_submodule("3a").gate.parts == (64, 128, 32, 32)


@pytest.mark.parametrize(("name", "frames", "size", "gmacs", "parameters"), [
    ("eco", 8, 224, 32, 47.5),  # as others' papers list it (Lin et al., arXiv:1811.08383); from memory
    ("eco", 16, 224, 64, 47.5),
    ("stnet_r50", 125, 256, 189.29, 33.16),  # 25 times 5 frames (He et al., arXiv:1811.01549); from memory
    ("stnet_r101", 125, 256, 311.55, 52.15),
])
def test_costs_are_the_published_ones(name: str, frames: int, size: int, gmacs: float, parameters: float) -> None:
    cost = profile(name, frames, size)
    assert cost.gmacs == pytest.approx(gmacs, rel=0.01)
    assert cost.parameters / 1e6 == pytest.approx(parameters, rel=0.001)
