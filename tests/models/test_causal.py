"""A causal network never looks at later frames."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.layers import Conv, Pool, TimePad, edges
from tests.models.test_networks import HALVED, TINY, clip, network


def can_be_causal(name: str) -> bool:
    try:
        with torch.device("meta"):
            return bool(create_model(name, causal=True))
    except ModelError:
        return False


NAMES = [name for name in TINY if can_be_causal(name)]
INCEPTIONS = ["tsn-inception_v1", "tsm-inception_v1-tp", "i3d-inception_v1-tp", "s3d-inception_v1"]


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(name, marks=pytest.mark.slow) for name in INCEPTIONS)])
def test_features_do_not_depend_on_later_frames(name: str) -> None:
    built, x_NCTHW = network(name, 16, causal=True).double(), clip(16, clips=1).double()
    changed = x_NCTHW.clone()
    changed[:, :, 8:] = torch.randn_like(changed[:, :, 8:])
    with torch.inference_mode():
        whole, other, early = (built.frame_features(x) for x in (x_NCTHW, changed, x_NCTHW[:, :, :8]))
    half = whole.shape[1] // 2
    assert half == (1 if name.endswith("-tp") else 4 if name.startswith(HALVED) else 8)
    torch.testing.assert_close(other[:, :half], whole[:, :half])
    torch.testing.assert_close(early, whole[:, :half])
    assert not torch.allclose(other[:, half:], whole[:, half:])


@pytest.mark.parametrize("name", ["tsm-resnet_tiny", "tam-resnet_tiny", "i3d-resnet_tiny", "s3d-resnet_tiny"])
def test_others_do_look_ahead_and_causal_ones_look_back(name: str) -> None:
    x_NCTHW = clip(16, clips=1)
    first, last = x_NCTHW.clone(), x_NCTHW.clone()
    first[:, :, 0], last[:, :, -1] = 0, 0
    for causal in (False, True):
        built = network(name, 16, causal=causal)
        with torch.inference_mode():
            whole, no_first, no_last = (built.frame_features(x)[:, 1:-1] for x in (x_NCTHW, first, last))
        assert torch.allclose(whole, no_last) == causal
        assert not torch.allclose(whole, no_first)


def test_a_causal_pool_sees_the_frames_it_stands_for() -> None:
    built, x_NCTHW = network("tsn-resnet_tiny-tp", causal=True), clip(8)
    changed = x_NCTHW.clone()
    changed[:, :, -1] += 1
    assert not torch.allclose(built(x_NCTHW), built(changed))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("causal", [False, True])
def test_edges_keep_every_frame(frames: int, stride: int, causal: bool) -> None:
    if stride > frames > 1:
        pytest.skip("no operator strides over more frames than it sees")
    for length in (1, 2, 7, 8):
        x_NCTHW = torch.randn(1, 2, length, 3, 3)
        kept = -(-length // stride)
        assert Conv(2, 2, (frames, 1), (stride, 1), causal=causal)(x_NCTHW).shape[2] == kept
        if frames % 2:
            assert Pool("max", (frames, 1), (stride, 1), causal=causal)(x_NCTHW).shape[2] == kept


def test_a_pool_never_takes_the_greatest_of_what_is_not_there() -> None:
    below = -torch.ones(1, 1, 4, 2, 2)
    for causal in (False, True):
        assert (Pool("max", (3, 1), (2, 1), causal=causal)(below) == -1).all()


def test_equal_sides_cost_no_copy() -> None:
    assert edges(3, 1, causal=False)[1] == 1
    assert not any(isinstance(module, TimePad) for module in network("i3d-resnet_tiny-tp").modules())
    assert any(isinstance(module, TimePad) for module in network("i3d-resnet_tiny-tp", causal=True).modules())
