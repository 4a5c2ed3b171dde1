"""What each temporal module does to a clip."""

import pytest
import torch
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.temporal.nonlocal_ import ATTENTIONS, Attention, NonLocal
from kinema.models.temporal.se import ChannelGate
from kinema.models.temporal.tam import ChannelMix, GreatestTap
from kinema.models.temporal.tanet import Adapt
from kinema.models.temporal.tin import Interlace
from kinema.models.temporal.tsm import Shift
from tests.models.test_networks import SIZED, clip, network


def numbered(channels: int, frames: int) -> torch.Tensor:
    """x_NCTHW whose values are 1, 2, 3, ... from frame to frame."""
    return torch.arange(1.0, frames + 1).view(1, 1, frames, 1, 1).expand(1, channels, frames, 2, 2)


def test_tsm_takes_from_the_next_frame_and_from_the_one_before() -> None:
    shifted = Shift(1, causal=False)(numbered(4, 4))[0, :, :, 0, 0].tolist()
    assert shifted == [[2, 3, 4, 0], [0, 1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4]]
    causal = Shift(1, causal=True)(numbered(4, 4))[0, :, :, 0, 0].tolist()
    assert causal == [[1, 2, 3, 4], [0, 1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4]]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["branch", "projection", "block"])
@pytest.mark.parametrize("stage", [0, 1])  # without a projection, and with one
def test_a_shortcut_sees_what_is_shifted_where_the_place_says_so(place: str, stage: int) -> None:
    shifting, plain = (network(name, **options).backbone.stages[stage][0] for name, options in (
        ("tsm-resnet18", {"before": place}), ("tsn-resnet18", {})))
    plain.load_state_dict(shifting.state_dict())
    x_NCTHW = torch.randn(1, 64, 4, 6, 6)
    shifted = Shift(8, causal=False)(x_NCTHW)
    seen = shifted if place == "block" or (place == "projection" and stage == 1) else x_NCTHW
    with torch.inference_mode():
        expected = (plain.branch(shifted) + plain.shortcut(seen)).relu()
        torch.testing.assert_close(shifting(x_NCTHW), expected)


@pytest.mark.slow
def test_only_a_shifted_branch_sits_out_in_deep_networks() -> None:
    count = [sum(isinstance(part, Shift) for part in network("tsm-resnet101", before=place).modules())
             for place in ("branch", "block")]
    assert count == [2 + 2 + 12 + 2, 33]
    assert sum(isinstance(part, Interlace) for part in network("tin-resnet101").modules()) == 33


def test_tsm_halves_the_frames_before_a_stage() -> None:
    built = network("tsm-resnet18", frames=6, halve=2)
    with torch.inference_mode():
        assert built.frame_features(torch.randn(1, 3, 6, 32, 32)).shape == (1, 3, 512)


@pytest.mark.parametrize("taps", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("causal", [False, True])
def test_the_fast_channel_mix_is_the_convolution(taps: int, causal: bool) -> None:
    mix = ChannelMix(6, 6, (taps, 1), groups=6, causal=causal)
    x_NCTHW = torch.randn(2, 6, 9, 4, 5, requires_grad=True)
    before, after = (taps - 1, 0) if causal else (taps // 2, (taps - 1) // 2)
    expected = F.conv3d(F.pad(x_NCTHW, (0, 0, 0, 0, before, after)), mix.weight, groups=6)
    torch.testing.assert_close(mix(x_NCTHW), expected)
    way = torch.randn_like(expected)
    for got, wanted in zip(*(torch.autograd.grad(y, (x_NCTHW, mix.weight), way) for y in (mix(x_NCTHW), expected)),
                           strict=True):
        torch.testing.assert_close(got, wanted)


def test_the_greatest_tap_counts_the_zeros_outside() -> None:
    mix = GreatestTap(1, 1, (3, 1), groups=1, causal=False)
    with torch.no_grad():
        mix.weight.copy_(torch.tensor([-1.0, -2.0, -3.0]).view(1, 1, 3, 1, 1))
    assert mix(numbered(1, 3))[0, 0, :, 0, 0].tolist() == [0, -1, 0]  # of [0 -2 -6], [-1 -4 -9], [-2 -6 0]


def test_tam_starts_near_its_tsn() -> None:
    built = network("tam-resnet_tiny")
    for key, weight in built.named_parameters():
        if key.endswith("mix.weight"):
            assert (weight[:, 0, :, 0, 0].mean(0) - torch.tensor([0.0, 1.0, 0.0])).abs().max() < 0.15


@pytest.mark.slow
@pytest.mark.parametrize("option", [{"taps": 5}, {"taps": 7}, {"depthwise": False}, {"blend": "max"}])
def test_tam_has_other_forms(option: dict) -> None:
    assert network("tam-resnet_tiny", **option)(clip()).shape == (2, 5)


def test_tin_moves_channels_by_its_offsets() -> None:
    layer = Interlace(4, 4)
    for module in (layer.offset_out, layer.weight_conv):
        torch.nn.init.zeros_(module.weight)
        torch.nn.init.zeros_(module.bias)
    torch.testing.assert_close(layer(numbered(6, 4)), numbered(6, 4))
    with torch.no_grad():
        layer.offset_out.bias.copy_(torch.tensor([1.0986123, 0.5108256]))  # one frame, half a frame
    moved = layer(numbered(6, 4))[0, :, :, 0, 0]
    torch.testing.assert_close(moved, torch.tensor([
        [0, 1, 2, 3], [0.5, 1.5, 2.5, 3.5], [2, 3, 4, 0], [1.5, 2.5, 3.5, 2], [1, 2, 3, 4], [1, 2, 3, 4]]))


@pytest.mark.parametrize("module", SIZED)
def test_some_take_clips_of_their_own_length(module: str) -> None:
    with pytest.raises(ModelError, match=f"{module} network takes 8 frames here, not 4"):
        network(f"{module}-resnet_tiny")(clip(4))


def test_tanet_blends_by_what_it_is_told() -> None:
    layer = Adapt(channels=2, frames=4, wide=8, narrow=1).eval()
    with torch.no_grad():
        layer.weigh[3].weight.zero_()  # every weight is a half
        layer.blend[3].weight.zero_()  # every frame is a third of itself and its neighbours
    blended = layer(numbered(2, 4))[0, 0, :, 0, 0]
    torch.testing.assert_close(blended, torch.tensor([3.0, 6.0, 9.0, 7.0]) / 6)


def test_in_deep_networks_every_second_block_shifts() -> None:
    with torch.device("meta"):
        shifting = [key for key, module in create_model("tsm-resnet101").named_modules() if isinstance(module, Shift)]
    assert len(shifting) == 2 + 2 + 12 + 2


def test_nonlocal_starts_as_nothing_and_stands_where_published() -> None:
    assert torch.equal(*(build(torch.randn(1, 8, 2, 4, 4).fill_(2)) for build in (
        Attention(8, NonLocal()).eval(), torch.nn.Identity())))
    with torch.device("meta"):
        modules = create_model("tsm+nonlocal-resnet50").named_modules()
    places = [key for key, module in modules if isinstance(module, Attention)]
    assert places == [f"backbone.stages.{place}.after" for place in ("2.0", "2.2", "3.0", "3.2", "3.4")]


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_causal_attention_is_that_of_the_frames_so_far(attention: str) -> None:
    whole = Attention(4, NonLocal(True, attention, subsample=False)).eval()
    alone = Attention(4, NonLocal(False, attention, subsample=False)).eval()
    torch.nn.init.ones_(whole.norm.weight)
    alone.load_state_dict(whole.state_dict())
    x_NCTHW = torch.randn(1, 4, 3, 2, 2)
    for frames in (1, 2, 3):
        torch.testing.assert_close(whole(x_NCTHW)[:, :, frames - 1], alone(x_NCTHW[:, :, :frames])[:, :, -1])


def test_se_weighs_channels_by_the_clip_or_when_causal_by_the_frame() -> None:
    x_NCTHW = torch.randn(1, 4, 3, 2, 2)
    for axes in ((2, 3, 4), (3, 4)):
        ratio = ChannelGate(4, 2, axes)(x_NCTHW) / x_NCTHW
        assert ((ratio > 0) & (ratio < 1)).all()
        assert torch.allclose(ratio, ratio[:, :, :1, :1, :1].expand_as(ratio)) == (axes == (2, 3, 4))


@pytest.mark.parametrize("name", ["s3d-resnet_tiny", "s3d-inception_v1"])
def test_s3d_can_be_depthwise_in_time(name: str) -> None:
    with torch.device("meta"):
        plain, light = (create_model(name, 5, depthwise=depthwise) for depthwise in (False, True))
    times = [m for key, m in light.named_modules() if key.endswith(".time")]
    assert times
    assert all(m.groups == m.out_channels for m in times)  # type: ignore[union-attr]
    assert sum(p.numel() for p in light.parameters()) < sum(p.numel() for p in plain.parameters())
