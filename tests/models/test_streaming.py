"""A causal network that is fed frame by frame answers as on the clip of all frames so far."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from benchmarks import causal
from kinema.errors import ModelError
from kinema.models import list_models
from kinema.models.means import Mean
from kinema.models.names import sized_by
from kinema.models.network import Network
from kinema.models.streaming import State, Steps
from tests.models.test_causal import INCEPTIONS, NAMES
from tests.models.test_networks import network

FRAMES = 8  # of the networks' own clips
ENDS = ("trn", "encoder")  # read what they answer off a clip's last frames: so many as they were made for
FORMS = [  # other ways of looking back than those of the tiny networks
    "i3d-x3d_xs", "i3d+se-x3d_xs-tp", "cox3d_s", "movinet_a0", "tsn-bn_inception-tp", "eco", "assemblenet50",
    "r3d-densenet121-tp", "two_stream_fusion", "tsm-vit_tiny-tp", "p3d_63", "tea_r50_8f", "tsn-blresnet50-tp",
    "tsm-mobilenet_v2", "gsm_bn_inception",
]  # of every name: docs/streams.csv
OPTIONS = [
    ("lstm-resnet_tiny", {"take": "rising", "layers": 2}), ("lstm-resnet_tiny", {"take": "last"}),
    ("pooling-resnet_tiny", {"kind": "attention"}), ("pooling-resnet_tiny", {"kind": "max"}),
    ("tsm+nonlocal-resnet_tiny", {"attention": "dot_product"}),
    ("tsm+nonlocal-resnet_tiny", {"attention": "concatenation"}),
    ("i3d-resnet_tiny", {"edges": "repeat"}), ("i3d-resnet_tiny-tp", {"edges": "repeat"}),
    ("i3d-resnet_tiny-tp", {"pool": "avg"}), ("tam-resnet_tiny", {"where": "top"}),
]
QUICK = ("tsm-resnet_tiny", "tam-resnet_tiny-tp", "lstm-resnet_tiny")


def answers(built: Network, clip_NCTHW: torch.Tensor) -> list[torch.Tensor]:
    """What is said after each frame."""
    steps, state, said = Steps(built), State(), []
    with torch.inference_mode():
        for frame_NC1HW in clip_NCTHW.split(1, dim=2):
            logits_NK, state = steps(frame_NC1HW, state)
            said.append(logits_NK)
    return said


def check(built: Network, frames: int = 11, clips: int = 2, side: int = 48) -> None:
    """Are the answers those of the clip network to all frames so far, or to its last where it is sized by frames?"""
    built = built.double()
    sized, (ends, _, tp) = sized_by(built.name), built.name.partition("-")
    height, width = (built.clip.height, built.clip.width) if "size" in sized else (side, side)
    x_NCTHW = torch.randn(clips, built.clip.channels, frames, height, width).double()
    x_NCTHW *= torch.linspace(0.5, 2, frames)[:, None, None]
    least, most = FRAMES if ends.startswith("trn") else 1, FRAMES if ends.startswith(ENDS) else frames
    for count, logits_NK in enumerate(answers(built, x_NCTHW), start=1):
        if count < least or (count > most and tp.endswith("-tp")):  # pools look further back than the last frames
            continue
        if count in (4, 6, 7, 10):  # the others say enough, and clips cost more than frames
            continue
        with torch.inference_mode():
            torch.testing.assert_close(logits_NK, built(x_NCTHW[:, :, max(count - most, 0) : count]))


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
                                  for name in (*NAMES, *INCEPTIONS)])
def test_a_stream_is_the_clip_so_far(name: str) -> None:
    dear = {"clips": 1, "frames": 5, "side": 32} if name in INCEPTIONS else {}
    check(network(name, FRAMES, causal=True), **dear)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in FORMS])
def test_every_way_of_looking_back_is_followed(name: str) -> None:
    check(network(name, FRAMES, causal=True), frames=5, clips=1, side=48 if name.startswith("two_stream") else 32)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_a_stream_knows_the_options(name: str, options: dict) -> None:
    check(network(name, FRAMES, causal=True, **options))


def test_pieces_of_several_frames_are_whole_at_their_last_frame() -> None:
    built = network("encoder-vit_tiny", FRAMES, causal=True, tubelet=2).double()
    x_NCTHW = torch.randn(1, 3, FRAMES, built.clip.height, built.clip.width).double()
    for count, logits_NK in enumerate(answers(built, x_NCTHW), start=1):
        if count % 2 == 0:
            torch.testing.assert_close(logits_NK, built(x_NCTHW[:, :, :count]))


def test_what_is_remembered_is_passed_in_and_handed_back() -> None:
    built, x_NCTHW = network("tsm-resnet_tiny", FRAMES, causal=True), torch.randn(1, 3, 3, 48, 48)
    steps = Steps(built)
    with torch.inference_mode():
        once, state = steps(x_NCTHW[:, :, :1], State())
        left = steps(x_NCTHW[:, :, 1:2], state)[0]
        right = steps(x_NCTHW[:, :, 2:], state)[0]  # another future of the same past
        assert torch.equal(steps(x_NCTHW[:, :, 1:2], state)[0], left)
        assert torch.equal(steps(x_NCTHW[:, :, :1], State())[0], once)
    assert not torch.allclose(left, right)
    assert state.count == 1


def test_the_weights_are_shared_and_the_network_stays_as_it_is() -> None:
    built, frame = network("tam-resnet_tiny", FRAMES, causal=True), torch.randn(1, 3, 1, 48, 48)
    steps = Steps(built)
    with torch.inference_mode():
        before = steps(frame, State())[0]
        built.classifier.weight.mul_(2)
        assert not torch.equal(steps(frame, State())[0], before)
        assert built(frame.expand(-1, -1, FRAMES, -1, -1)).shape == (1, 5)


@pytest.mark.parametrize("name", ["tsm-resnet_tiny", "i3d-resnet_tiny", "tsn-resnet_tiny-tp", "tsn+se-resnet_tiny"])
def test_who_looks_ahead_cannot_be_fed_frame_by_frame(name: str) -> None:
    with pytest.raises(ModelError, match=f"{name.replace('+', '.')} looks at later frames.*causal=True"):
        Steps(network(name, FRAMES))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tsn-resnet_tiny", "lstm-resnet_tiny", "trn-resnet_tiny", "online_tsm-resnet_tiny"])
def test_who_never_looks_ahead_needs_no_flag(name: str) -> None:
    check(network(name, FRAMES))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), [
    ("i3d-resnet_tiny-tp", {}), ("i3d-resnet_tiny-tp", {"edges": "repeat"}),
    ("i3d-x3d_xs", {"live": True}), ("i3d+se-x3d_xs", {}), ("lstm-resnet_tiny", {}), ("trn-resnet_tiny", {}),
])
def test_memory_does_not_grow(name: str, options: dict) -> None:
    steps, state, sizes = Steps(network(name, FRAMES, causal=True, **options)), State(), []
    with torch.inference_mode():
        for _ in range(64):
            _, state = steps(torch.randn(1, 3, 1, 32, 32), state)
            sizes.append(sum(tensor.numel() for kept in state.kept.values() for tensor in kept))
    assert max(sizes[32:]) == max(sizes[:32])


@pytest.mark.parametrize(("name", "options"), [
    ("tsn-vit_tiny", {"readout": "probe"}), ("tsn-vit_tiny", {"readout": "first"}),
    ("i3d-x3d_xs", {"head_frames": 3}), ("i3d_fair-resnet_tiny", {"conv_step": 4, "stem_frames": 3}),
    ("tsm+nonlocal-resnet_tiny", {"groups": 2}), ("c3d", {}),
])
def test_who_needs_a_whole_clip_says_so(name: str, options: dict) -> None:
    with pytest.raises(ModelError):
        Steps(network(name, 16, causal=True, **options))


@pytest.mark.slow
def test_pairs_of_frames_are_not_fed_one_by_one() -> None:
    with pytest.raises(ModelError, match="even number of frames"):
        Steps(network("blvnet_tam_50_8x2", 16, causal=True))


def test_threads_do_not_see_each_other() -> None:
    built = network("tam-resnet_tiny", FRAMES, causal=True)
    steps, clips = Steps(built), torch.randn(4, 1, 3, FRAMES, 32, 32)

    def last(clip_NCTHW: torch.Tensor) -> torch.Tensor:
        state, logits_NK = State(), torch.empty(0)
        with torch.inference_mode():
            for frame_NC1HW in clip_NCTHW.split(1, dim=2):
                logits_NK, state = steps(frame_NC1HW, state)
        return logits_NK

    alone = [last(clip_NCTHW) for clip_NCTHW in clips]
    with ThreadPoolExecutor(4) as pool:
        torch.testing.assert_close([*pool.map(last, clips)], alone)


def test_a_network_that_moved_is_made_ready_anew() -> None:
    built = network("tam-resnet_tiny", FRAMES, causal=True)
    steps = Steps(built)
    built.double()
    with pytest.raises(ModelError, match=r"was moved to cpu as torch.float64 .* make it anew"):
        steps(torch.randn(1, 3, 1, 32, 32), State())


def test_a_long_mean_does_not_freeze_in_bfloat16() -> None:
    mean, past = Mean(1), ()
    for count in range(2000):
        frame = torch.full((1, 1, 1, 1, 1), float(count >= 1000), dtype=torch.bfloat16)
        said_ND, past = mean.follow(frame, past, count)
    assert said_ND.dtype == torch.bfloat16
    assert said_ND.item() == pytest.approx(0.5, abs=0.01)


def test_the_table_of_streams_has_every_name_once() -> None:
    names = [line.split(",")[0] for line in causal.TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    assert sorted(names) == sorted(list_models()), "run `python -m benchmarks.causal`"
