"""2-D networks with a temporal module of their own, and networks of several 2-D paths."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.temporal.gst import Grouped
from kinema.models.temporal.motion import Change, Mix
from kinema.models.temporal.tsm import Shift
from tests.models.test_networks import clip


@pytest.mark.parametrize("causal", [False, True])
def test_a_blend_starts_as_a_shift_or_as_nothing(causal: bool) -> None:
    x_NCTHW = torch.randn(2, 16, 5, 3, 3)
    if not causal:
        torch.testing.assert_close(Mix(16, causal, fold=8)(x_NCTHW), Shift(2, causal)(x_NCTHW))
    torch.testing.assert_close(Mix(16, causal)(x_NCTHW), x_NCTHW)


def test_change_is_to_the_next_frame_or_since_the_last() -> None:
    x_NCTHW = torch.arange(4.0).square().reshape(1, 1, 4, 1, 1)
    assert Change(causal=False)(x_NCTHW, x_NCTHW).flatten().tolist() == [1, 3, 5, 0]
    assert Change(causal=True)(x_NCTHW, x_NCTHW).flatten().tolist() == [0, 1, 3, 5]
    assert Change(causal=False)(x_NCTHW[:, :, :1], x_NCTHW[:, :, :1]).flatten().tolist() == [0]


def test_a_quarter_of_gsts_channels_see_other_frames() -> None:
    layer, x_NCTHW = Grouped(8, 16, 3, (1, 1), 4, True, False), torch.randn(1, 8, 5, 6, 6)
    changed = x_NCTHW.clone()
    changed[:, :, 4] += 1
    whole, other = layer(x_NCTHW)[:, :, 3], layer(changed)[:, :, 3]
    assert torch.equal(whole[:, :12], other[:, :12])
    assert not torch.allclose(whole[:, 12:], other[:, 12:])


@pytest.mark.slow
def test_tdn_weighs_a_frame_by_the_number_of_parts() -> None:
    torch.manual_seed(0)
    built = create_model("tdn-resnet50", 5).eval()
    half = create_model("tdn-resnet50", 5, appearance=0.5).eval()
    half.load_state_dict(built.state_dict())
    with torch.inference_mode():
        for parts, alike in ((8, True), (4, False)):
            x_NCTHW = clip(5 * parts, clips=1)
            assert torch.equal(built(x_NCTHW), half(x_NCTHW)) == alike


@pytest.mark.parametrize(("name", "frames", "message"), [
    ("tdn-resnet50", 8, "a multiple of 5 frames"),
    ("blvnet_tam-resnet50", 7, "an even number of frames, not 7"),
])
def test_frames_come_in_groups(name: str, frames: int, message: str) -> None:
    with torch.device("meta"):
        with pytest.raises(ModelError, match=message):
            create_model(name, frames=frames)
        with pytest.raises(ModelError, match=message):
            create_model(name)(torch.empty(1, 3, frames, 32, 32))


@pytest.mark.parametrize(("name", "options", "message"), [
    ("tdn-resnet50", {"appearance": 2.0}, "a share from 0 to 1"),
    ("tdn-resnet50", {"causal": True}, "Nearest: tsm"),
    ("blvnet_tam-resnet50", {"alpha": 3}, "a divisor of 64"),
    ("gst-resnet50", {"alpha": 1}, "must be 2 or more"),
    ("stm-resnet50", {"reduction": 0}, "must be 1 or more"),
    ("teinet-resnet50", {"reduction": 0}, "must be 1 or more"),
    ("action-resnet50", {"fold": 1}, "action's fold is 1"),
])
def test_options_that_cannot_be_are_refused_in_words(name: str, options: dict, message: str) -> None:
    with torch.device("meta"), pytest.raises(ModelError, match=message):
        create_model(name, **options)


def test_assemblenet_wants_colour_and_flow() -> None:
    with torch.device("meta"):
        built = create_model("assemblenet50")
        assert built.clip.channels == 5
        assert built(torch.empty(1, 5, 4, 32, 32)).shape == (1, 400)


@pytest.mark.slow
def test_a_big_little_network_halves_frames_at_two_rates_only() -> None:
    with torch.device("meta"):
        x_NCTHW = torch.empty(1, 3, 8, 64, 64)
        assert create_model("blvnet_tam-resnet50").feature_map(x_NCTHW).shape == (1, 2048, 4, 2, 2)
        assert create_model("tam-blresnet50").feature_map(x_NCTHW).shape == (1, 2048, 8, 2, 2)
        assert create_model("tam-blresnet50-tp").feature_map(x_NCTHW).shape == (1, 2048, 1, 2, 2)
