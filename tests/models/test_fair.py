"""C2D, I3D and Slow, their non-local blocks, and the networks that join two pathways or two stages."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.models.backbones.corrnet import Correlating, Correlation
from kinema.models.backbones.slowfast import LATERALS, Gather, SlowFast
from kinema.models.backbones.tpn import FLOWS
from kinema.models.layers import Conv
from kinema.models.temporal.nonlocal_ import Attention, NonLocal
from kinema.models.temporal.pattern import pattern_of
from tests.models.test_networks import clip

FRAMES_AND_SIZES = [(1, 32), (3, 48), (16, 64)]


def on_paper(name: str, **options: object) -> Network:
    with torch.device("meta"):
        return create_model(name, 5, **options)  # type: ignore[arg-type]


def over_frames(model: Network, part: str = "conv1") -> list[str]:
    return [key.removeprefix("backbone.stages.").removesuffix(f".branch.{part}") for key, m in model.named_modules()
            if key.endswith(f"branch.{part}") and isinstance(m, Conv) and m.kernel_size[0] > 1]


def test_i3d_fair_covers_frames_in_the_published_blocks() -> None:
    assert over_frames(on_paper("i3d_fair-resnet50")) == ["1.0", "1.1", "1.2", "2.0", "2.2", "3.0", "3.2", "3.4", "4.1"]
    assert {block[0] for block in over_frames(on_paper("slow-resnet101"))} == {"3", "4"}
    heavy = on_paper("i3d_fair-resnet50", heavy=True, inflate=("1", "0", "0", "01"))
    assert over_frames(heavy, "conv2") == ["1.0", "1.1", "1.2", "4.1"]
    assert not over_frames(heavy)


@pytest.mark.parametrize(("options", "left"), [({}, 8), ({"halve": False}, 16), ({"conv_step": 2, "pool_step": 2}, 2)])
def test_i3d_fair_steps_over_frames_as_told(options: dict, left: int) -> None:
    built = create_model("i3d_fair-resnet18", 5, **options).eval()
    with torch.inference_mode():
        assert built.frame_features(clip(16, 1)).shape[1] == left


@pytest.mark.parametrize("inflate", [("1", "1"), ("1", "1", "1", "2"), ("1", "", "1", "1"), (1, 1, 1, 1)])
def test_patterns_are_words_of_ones_and_zeros_for_each_stage(inflate: tuple) -> None:
    with pytest.raises(ModelError, match="a pattern of 1s and 0s for each of the 4 stages"):
        create_model("slow-resnet_tiny", 5, inflate=inflate)


def test_the_shortest_pattern_that_repeats_is_told() -> None:
    for text, pattern in (("111", "1"), ("010", "01"), ("1011", "101"), ("101010", "10"), ("0000", "0")):
        assert pattern_of([mark == "1" for mark in text]) == pattern


def test_weights_read_off_both_places_are_those_of_each_pair() -> None:
    block = Attention(4, NonLocal(attention="concatenation", subsample=False)).eval()
    x_NCTHW = torch.randn(1, 4, 2, 2, 2)
    query, key = block.query(x_NCTHW).flatten(2)[0], block.key(x_NCTHW).flatten(2)[0]
    pairs = torch.stack([torch.cat([query[:, q], key[:, k]]) for q in range(8) for k in range(8)])
    assert block.mix is not None
    expected = (pairs @ block.mix.weight.flatten()).relu().view(1, 8, 8)
    torch.testing.assert_close(block.match(query[None], key[None]), expected)


def test_groups_of_frames_are_clips_of_their_own() -> None:
    block = Attention(4, NonLocal(groups=2)).eval()
    torch.nn.init.ones_(block.norm.weight)
    alone = Attention(4, NonLocal()).eval()
    alone.load_state_dict(block.state_dict())
    x_NCTHW = torch.randn(2, 4, 6, 4, 4)
    torch.testing.assert_close(block(x_NCTHW), torch.cat([alone(x_NCTHW[:, :, :3]), alone(x_NCTHW[:, :, 3:])], dim=2))
    with pytest.raises(ModelError, match="groups are 2; they do not divide the 3 frames"):
        block(x_NCTHW[:, :, :3])


@pytest.mark.slow
@pytest.mark.parametrize("lateral", LATERALS)
@pytest.mark.parametrize("pick", ["linspace", "strided"])
def test_slowfast_takes_clips_of_every_length(lateral: str, pick: str) -> None:
    built = create_model("slowfast-resnet50", 5, alpha=4, lateral=lateral, pick=pick).eval()
    with torch.inference_mode():
        for frames, size in FRAMES_AND_SIZES:
            assert built(clip(frames, 1, size)).shape == (1, 5)


def test_the_slow_pathway_sees_the_published_frames() -> None:
    frames = torch.arange(32.0).view(1, 1, 32, 1, 1)
    spread, strided = (on_paper("slowfast-resnet50", pick=pick).backbone for pick in ("linspace", "strided"))
    assert isinstance(spread, SlowFast)
    assert isinstance(strided, SlowFast)
    assert spread.slowed(frames).flatten().tolist() == [0, 4, 8, 13, 17, 22, 26, 31]
    assert strided.slowed(frames).flatten().tolist() == [0, 4, 8, 12, 16, 20, 24, 28]


def test_frames_laid_side_by_side_are_channels() -> None:
    x_NCTHW = torch.arange(12.0).view(1, 2, 6, 1, 1)
    assert Gather(4, all_frames=True)(x_NCTHW)[0, :, :, 0, 0].tolist() == [
        [0, 4], [1, 5], [2, 0], [3, 0], [6, 10], [7, 11], [8, 0], [9, 0]]
    assert Gather(4, all_frames=False)(x_NCTHW).flatten().tolist() == [0, 4, 6, 10]


@pytest.mark.parametrize(("name", "options", "said"), [
    ("slowfast-resnet50", {"causal": True}, "slowfast cannot be causal.* Nearest: slow"),
    ("tpn_r50", {"causal": True}, "tpn cannot be causal.* Nearest: slow"),
    ("slowfast-resnet50", {"beta": 7}, "beta is 7; it must divide the 64 channels"),
    ("slowfast-resnet50", {"pick": "stride"}, "pick='stride'.* Nearest: strided"),
    ("slowfast-resnet50", {"fast_depth": 18}, "fast_depth=18; it must be 0 or one of 50, 101, 152"),
    ("slow-tpn_resnet50", {"flow": "cascades"}, "Nearest: cascade"),
    ("slow-tpn_resnet50", {"rates": (2, 3)}, "expected two whole numbers"),
    ("corrnet-resnet50", {"causal": True}, "corrnet cannot be causal"),
    ("corrnet-resnet50", {"across": 4}, "across is 4; it must be 1 or more, and across an odd number"),
    ("tsn+nonlocal-resnet_tiny", {"groups": 0}, "groups are 0; they must be 1 or more"),
])
def test_what_cannot_be_built_is_told(name: str, options: dict, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        on_paper(name, **options)


@pytest.mark.slow
@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("rates", [(1, 1), (2, 1), (4, 2)])
def test_tpn_takes_clips_of_every_length(flow: str, rates: tuple[int, int]) -> None:
    built = on_paper("slow-tpn_resnet50", flow=flow, rates=rates).eval()
    for frames, size in FRAMES_AND_SIZES:
        assert built(torch.empty(1, 3, frames, size, size, device="meta")).shape == (1, 5)


def test_corrnet_matches_each_place_with_the_frame_before() -> None:
    block = Correlation(8, 3, Correlating(counts=(1, 1, 1, 1), across=3, dilation=2, groups=1)).eval()
    x_NCTHW = torch.randn(1, 2, 3, 6, 6)
    found = block.matches(x_NCTHW)
    assert found.shape == (1, 9, 3, 6, 6)
    here, there = x_NCTHW[0, :, 2, 3, 3], x_NCTHW[0, :, 1, 1, 5]  # two rows up, two columns to the right
    torch.testing.assert_close(found[0, 2, 2, 3, 3], (here * there * block.filters[:, 2, 0, 2]).mean())


@pytest.mark.slow
def test_corrnet_takes_clips_of_its_length_unless_its_filters_are_shared() -> None:
    for shared in (False, True):
        built = on_paper("corrnet-resnet50", frames=8, shared=shared).eval()
        assert built(torch.empty(1, 3, 8, 32, 32, device="meta")).shape == (1, 5)
        if shared:
            assert built(torch.empty(1, 3, 5, 32, 32, device="meta")).shape == (1, 5)
        else:
            with pytest.raises(ModelError, match="takes 8 frames here, not 5"):
                built(torch.empty(1, 3, 5, 32, 32, device="meta"))
