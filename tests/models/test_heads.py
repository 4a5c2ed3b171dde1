"""What the heads over the features of frames make of them."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.evaluation.profile import profile
from kinema.models.temporal.lstm import LSTM
from kinema.models.temporal.pooling import Pooling
from kinema.models.temporal.transformer import Transformer
from tests.models.test_networks import clip, network

X_NCTHW = torch.randn(2, 6, 5, 3, 3, generator=torch.Generator().manual_seed(0))
FRAMES_NTC = X_NCTHW.mean((3, 4)).transpose(1, 2)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_is_kept_of_an_lstms_outputs(bidirectional: bool) -> None:
    heads = {take: LSTM(take=take, hidden=4, bidirectional=bidirectional).readout(6, 5)
             for take in ("mean", "rising", "last")}
    for head in heads.values():
        head.load_state_dict(heads["mean"].state_dict())
    out_NTD, (last, _) = heads["mean"].lstm(FRAMES_NTC)
    torch.testing.assert_close(heads["mean"](X_NCTHW), out_NTD.mean(1))
    torch.testing.assert_close(heads["last"](X_NCTHW), torch.cat([*last], dim=1))
    weight_T1 = torch.arange(1.0, 6)[:, None] / 15
    torch.testing.assert_close(heads["rising"](X_NCTHW), (out_NTD * weight_T1).sum(1))


def test_an_lstm_of_two_ways_cannot_be_causal() -> None:
    with pytest.raises(ModelError, match="bidirectional lstm cannot be causal"):
        network("lstm-resnet_tiny", bidirectional=True, causal=True)
    assert network("lstm-resnet_tiny", causal=True, layers=2)(clip()).shape == (2, 5)


@pytest.mark.parametrize(("name", "option", "told"), [
    ("lstm", {"take": "first"}, "one of mean, rising, last"), ("lstm", {"layers": 0}, "lstm's layers is 0"),
    ("transformer", {"width": 100, "heads": 8}, "Nearest: 96"), ("transformer", {"heads": 0}, "heads is 0"),
    ("pooling", {"kind": "mean"}, "one of max, avg, attention"),
])
def test_what_a_head_cannot_be_is_told(name: str, option: dict, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        network(f"{name}-resnet_tiny", **option)


def test_an_encoder_interpolates_its_positions_for_clips_of_another_length() -> None:
    head = Transformer(width=8, heads=2).readout(6, 5)
    assert head.positions_for(5) is head.positions
    assert head.positions_for(9).shape == (1, 10, 8)
    torch.testing.assert_close(head.positions_for(9)[:, :1], head.positions[:, :1])
    torch.testing.assert_close(head.positions_for(10)[:, 1::9], head.positions[:, [0, 1, 5]][:, 1:].roll(0, 1)[:, :2])


def test_in_a_causal_encoder_only_the_class_token_sees_what_is_later() -> None:
    head = Transformer(causal=True, width=8, heads=2).readout(6, 5)
    assert head.mask(3, torch.device("cpu")).int().tolist() == [[1, 1, 1, 1], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]]
    other = Transformer(width=8, heads=2).readout(6, 5)
    other.load_state_dict(head.state_dict())
    assert not torch.allclose(head(X_NCTHW), other(X_NCTHW))


def test_pools_over_frames() -> None:
    torch.testing.assert_close(Pooling().readout(6, 5)(X_NCTHW), FRAMES_NTC.amax(1))
    torch.testing.assert_close(Pooling(kind="avg").readout(6, 5)(X_NCTHW), FRAMES_NTC.mean(1))
    attention = Pooling(kind="attention").readout(6, 5)
    torch.testing.assert_close(attention(X_NCTHW), attention(X_NCTHW.flip(2)))
    torch.nn.init.zeros_(attention.score.weight)
    torch.testing.assert_close(attention(X_NCTHW), FRAMES_NTC.mean(1))


def test_heads_add_up_with_modules_in_the_blocks() -> None:
    built = network("tsm+lstm-resnet_tiny", hidden=16)
    assert built.classifier.in_features == 16
    assert any(type(module).__name__ == "Shift" for module in built.modules())
    with pytest.raises(ModelError, match="lstm and pooling do not add up"):
        network("lstm+pooling-resnet_tiny")


def test_a_head_is_built_for_the_frames_that_are_left() -> None:
    assert network("transformer-resnet_tiny-tp", 16).readout.positions.shape[1] == 1 + 2
    assert network("transformer-inception_v1", 16).readout.positions.shape[1] == 1 + 16


def test_what_a_head_costs_is_counted() -> None:
    plain, lstm, encoder = (profile(f"{name}-resnet_tiny", frames=8).gmacs for name in ("tsn", "lstm", "transformer"))
    assert lstm - plain == pytest.approx((8 * 4 * 512 * (128 + 512) + (512 - 128) * 400) / 1e9, rel=1e-3)
    per_layer = 9 * 12 * 512**2 + 2 * 9 * 9 * 512
    assert encoder - plain == pytest.approx((8 * 128 * 512 + 3 * per_layer + (512 - 128) * 400) / 1e9, rel=1e-3)
