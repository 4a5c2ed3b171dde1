"""What holds of the efficient and the streaming networks."""

import pytest
import torch
from torch import nn

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.backbones.movinet import HardGate, SamePool, SoFar, same
from kinema.models.backbones.movinet_sizes import SIZES as MOVINETS
from kinema.models.backbones.movinet_sizes import blocks
from kinema.models.backbones.x3d import SIZES, looks_ahead
from kinema.models.layers import eights
from kinema.models.temporal.online import Delay
from kinema.models.temporal.se import ChannelGate
from kinema.models.temporal.tsm import Shift
from tests.models.test_networks import clip, network
from tests.models.test_temporal import numbered


def test_six_factors_make_the_published_x3d() -> None:
    assert (SIZES["x3d_m"].widths, SIZES["x3d_m"].counts) == ((24, 48, 96, 192), (3, 5, 11, 7))
    assert (SIZES["x3d_xl"].widths, SIZES["x3d_xl"].counts) == ((32, 72, 136, 280), (5, 10, 25, 15))
    with torch.device("meta"):
        gates = [key for key, module in create_model("x3d_s").named_modules() if isinstance(module, ChannelGate)]
    assert gates[:3] == [f"backbone.stages.{place}.branch.gate" for place in ("1.0", "1.2", "2.0")]
    assert [eights(3.4), eights(13.5), eights(20), eights(11)] == [8, 16, 24, 16]


def test_x3d_of_single_frames_sees_no_order() -> None:
    built, x_NCTHW = network("tsn-x3d_s"), clip()
    with torch.inference_mode():
        torch.testing.assert_close(built(x_NCTHW), built(x_NCTHW.flip(2)))


@pytest.mark.slow
def test_a_live_answer_is_of_the_last_frames_whose_future_is_known() -> None:
    built, x_NCTHW = network("cox3d_s", head_frames=4).double(), clip(64, 1).double()
    assert built.backbone.head.ahead == looks_ahead(built.backbone) == 28
    logits = built(x_NCTHW.requires_grad_())
    logits.sum().backward()
    assert x_NCTHW.grad is not None
    matters_T = x_NCTHW.grad.abs().sum((0, 1, 3, 4)) > 0
    assert matters_T.tolist() == [False] * 4 + [True] * (28 + 4 + 28)
    torch.testing.assert_close(built(x_NCTHW[:, :, 4:]), logits)


def test_a_live_answer_averages_what_there_is() -> None:
    built, x_NCTHW = network("cox3d_s", head_frames=64), clip(40, 1)
    other = network("cox3d_s", head_frames=12)
    with torch.inference_mode():
        torch.testing.assert_close(built(x_NCTHW), other(x_NCTHW))
    with pytest.raises(ModelError, match="without -tp"):
        create_model("i3d-x3d_s-tp", live=True)


def test_the_published_live_networks_fill_their_window() -> None:
    with torch.device("meta"):
        for name in ("cox3d_s", "cox3d_l"):
            built = create_model(name)
            assert built.clip.frames == looks_ahead(built.backbone) + 64


def test_the_head_of_x3d_slides_over_larger_crops() -> None:
    built, x_NCTHW = network("x3d_s", head_size=64), clip(size=96)
    with torch.inference_mode():
        assert built.feature_map(x_NCTHW).shape == (2, 2048, 1, 2, 2)
        assert network("x3d_s").feature_map(x_NCTHW).shape == (2, 2048, 1, 1, 1)
    with pytest.raises(ModelError, match="head_size=-1"):
        create_model("x3d_s", head_size=-1)


@pytest.mark.parametrize(("module", "kind"), [("tsm", Shift), ("online_tsm", Delay)])
def test_mobilenet_shifts_where_it_expands_and_adds(module: str, kind: type[nn.Module]) -> None:
    with torch.device("meta"):
        modules = create_model(f"{module}-mobilenet_v2").named_modules()
    places = [int(key.split(".")[2]) for key, module in modules if isinstance(module, kind)]
    assert places == [3, 5, 6, 8, 9, 10, 12, 13, 15, 16]


def test_mobilenet_refuses_widths_that_are_not_nine() -> None:
    with pytest.raises(ModelError, match="expected 9 numbers"):
        create_model("tsn-mobilenet_v2", widths=(32, 16))


def test_the_shift_of_a_stream_delays_the_first_channels() -> None:
    assert Delay(1)(numbered(3, 3))[0, :, :, 0, 0].tolist() == [[0, 1, 2], [1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize("name", ["online_tsm-mobilenet_v2", "online_tsm-resnet_tiny"])
def test_the_last_frame_of_a_stream_answers(name: str) -> None:
    built, x_NCTHW = network(name), clip()
    with torch.inference_mode():
        scores_NTK = built.classifier(built.frame_features(x_NCTHW))
        for frames in (1, 5, 8):
            torch.testing.assert_close(built(x_NCTHW[:, :, :frames]), scores_NTK[:, frames - 1], rtol=1e-4, atol=1e-4)


def test_movinets_are_those_of_the_table() -> None:
    counts = [sum(len(blocks(text)) for _, _, text in size.stages) for size in MOVINETS.values()]
    assert counts == [15, 24, 26, 33, 47, 59]
    assert blocks("184 5x3, 24 1x5") == [(184, 5, 3), (24, 1, 5)]


def test_pixels_are_padded_no_more_than_needed() -> None:
    assert [same(5, 3, 2), same(6, 3, 2), same(6, 5, 2), same(6, 5, 1)] == [(1, 1), (0, 1), (1, 2), (2, 2)]
    for height, width in ((6, 5), (2, 1)):
        pooled = SamePool()(torch.ones(1, 1, 2, height, width))
        torch.testing.assert_close(pooled, torch.ones(1, 1, 2, (height + 1) // 2, (width + 1) // 2))


def test_a_movinet_stream_knows_what_came_so_far() -> None:
    assert SoFar()(numbered(1, 4))[0, 0, :, 0, 0].tolist() == [1, 1.5, 2, 2.5]
    assert HardGate()(torch.tensor([-4.0, 0.0, 1.0, 4.0])).tolist() == pytest.approx([0, 0.5, 0.7, 1])
    for name, stream in (("movinet_a0_stream", True), ("movinet_a0_base", False)):
        built, x_NCTHW = network(name).double(), clip(clips=1).double()
        body = nn.Sequential(built.backbone.stem, built.backbone.stages)
        with torch.inference_mode():
            whole, part = body(x_NCTHW), body(x_NCTHW[:, :, :5])
        assert torch.allclose(whole[:, :, :5], part) == stream


def test_a_causal_movinet_is_a_stream() -> None:
    causal, stream, x_NCTHW = network("movinet_a0", causal=True), network("movinet_a0_stream"), clip(size=33)
    with torch.inference_mode():
        assert torch.equal(causal(x_NCTHW), stream(x_NCTHW))
