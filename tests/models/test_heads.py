"""What the heads over the features of frames make of them."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.evaluation.profile import profile
from kinema.models.temporal.encoder import Encoder
from kinema.models.temporal.lstm import LSTM
from kinema.models.temporal.pooling import Pooling
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
    ("encoder", {"width": 100}, "Nearest: 128"), ("encoder", {"layers": 0}, "layers are 0"),
    ("pooling", {"kind": "mean"}, "one of max, avg, attention"),
])
def test_what_a_head_cannot_be_is_told(name: str, option: dict, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        network(f"{name}-resnet_tiny", **option)


def test_an_encoder_takes_clips_of_another_length() -> None:
    head = Encoder(width=64).readout(6, 5)
    assert head(X_NCTHW).shape == (len(X_NCTHW), 64)
    assert head(X_NCTHW.repeat(1, 1, 2, 1, 1)).shape == (len(X_NCTHW), 64)
    assert not torch.allclose(head(X_NCTHW), head(X_NCTHW.flip(2)))


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
    for name, tokens in (("encoder-resnet_tiny-tp", 3), ("encoder-resnet_tiny", 17)):
        tables = [value for key, value in network(name, 16).readout.named_parameters() if "positions" in key]
        assert max(table.shape[1] for table in tables) == tokens


def test_what_a_head_costs_is_counted() -> None:
    plain, lstm = (profile(f"{name}-resnet_tiny", frames=8).gmacs for name in ("tsn", "lstm"))
    encoder = profile("encoder-resnet_tiny", frames=8, width=512, layers=3).gmacs
    assert lstm - plain == pytest.approx((8 * 4 * 512 * (128 + 512) + (512 - 128) * 400) / 1e9, rel=1e-3)
    per_layer = 9 * 12 * 512**2 + 2 * 9 * 9 * 512
    assert encoder - plain == pytest.approx((8 * 128 * 512 + 3 * per_layer + (512 - 128) * 400) / 1e9, rel=1e-3)
