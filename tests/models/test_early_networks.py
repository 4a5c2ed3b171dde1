"""The networks of 2014: which frames they see, and how two streams meet."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import ModelError
from kinema.models import ClipSpec, Network, create_model
from kinema.models.backbones.cnn import LocalNorm
from tests.models.test_networks import clip, network

FLOW = ClipSpec(frames=4, height=32, width=32, input="rgb+flow_stack")


def same_weights(name: str, like: Network, **options: object) -> Network:
    other = network(name, like.clip.frames, **options)
    theirs = {key.replace("conv.1.", "conv."): value for key, value in like.state_dict().items()}
    other.load_state_dict(theirs)
    return other


def test_single_is_tsn_on_the_middle_frame() -> None:
    single, x_NCTHW = network("single-resnet_tiny"), clip()
    tsn = same_weights("tsn-resnet_tiny", single)
    for frames, middle in ((8, 3), (5, 2), (1, 0)):
        seen = x_NCTHW[:, :, :frames]
        torch.testing.assert_close(single(seen), tsn(seen[:, :, middle : middle + 1]))


def test_early_fusion_covers_the_middle_frames() -> None:
    built, x_NCTHW = network("early-resnet_tiny", 20, span=4), clip(20)
    changed = x_NCTHW.clone()
    changed[:, :, :8], changed[:, :, 12:] = 0, 0
    torch.testing.assert_close(built(x_NCTHW), built(changed))
    assert built.frame_features(x_NCTHW).shape[1] == 1
    for frame in range(8, 12):
        changed = x_NCTHW.clone()
        changed[:, :, frame] = 0
        assert not torch.allclose(built(x_NCTHW), built(changed))
    assert network("early-resnet_tiny", 4)(clip(2)).shape == (2, 5)  # zeros stand around
    first = network("early-resnet_tiny", 6).backbone.stem.conv[1]
    assert first.kernel_size[0] == 6  # not more than the clip has


def test_late_fusion_is_two_towers_side_by_side() -> None:
    late, x_NCTHW = network("late-resnet_tiny", 20), clip(20)
    tsn = network("tsn-resnet_tiny", 20)
    tsn.backbone.load_state_dict({key.replace("conv.1.", "conv."): value
                                  for key, value in late.backbone.state_dict().items()})
    towers = [tsn.features(x_NCTHW[:, :, t : t + 1]) for t in (2, 17)]
    torch.testing.assert_close(late.features(x_NCTHW), torch.cat(towers, dim=1))
    assert network("late-resnet_tiny", where="top").features(clip()).shape == (2, 128)  # the stem sees all frames


def test_late_fusion_meets_in_the_first_fully_connected_layer() -> None:
    built = create_model("late_fusion")
    assert built.backbone.top.full1.kernel_size == (2, 1, 1)
    assert built.classifier.in_features == 4096


@pytest.mark.parametrize("name", ["slow_fusion-cnn_2014", "slow_fusion-resnet_tiny", "slow_fusion-inception_v1"])
def test_slow_fusion_of_ten_frames_ends_in_one(name: str) -> None:
    left: list[int] = []
    with torch.device("meta"):
        built = create_model(name, 5, frames=10).eval()
        for module in built.modules():
            if isinstance(module, nn.Conv3d):
                module.register_forward_hook(lambda _, x, out: left.append(out.shape[2]))
        built(torch.empty(1, 3, 10, 64, 64))
    assert sorted(set(left), reverse=True) == [4, 2, 1]


@pytest.mark.parametrize("module", ["single", "early", "late", "slow_fusion"])
def test_fusions_have_no_temporal_pooling_and_are_not_causal(module: str) -> None:
    with pytest.raises(ModelError, match=f"leaves no frames to pool.* Nearest: {module}-resnet18"):
        create_model(f"{module}-resnet18-tp")
    with pytest.raises(ModelError, match=f"{module} cannot be causal"):
        create_model(f"{module}-resnet18", causal=True)


def test_the_local_norm_is_that_of_2012() -> None:
    x_NCTHW = 20 * torch.randn(2, 8, 3, 4, 4)
    expected = F.local_response_norm(x_NCTHW, 5, alpha=5e-4, beta=0.75, k=2)
    torch.testing.assert_close(LocalNorm(0.75)(x_NCTHW), expected)


@pytest.mark.parametrize(("name", "places", "inputs"), [("cnn_m_2048", 6, 18432), ("cnn_2014", 7, 12544)])
def test_the_last_pool_leaves_the_places_that_the_layers_expect(name: str, places: int, inputs: int) -> None:
    with torch.device("meta"):
        built = create_model(f"tsn-{name}").eval()
        body = built.backbone
        assert body.top.pool(body.trunk(torch.empty(1, *built.clip.shape_CTHW))).shape[3:] == (places, places)
    assert body.top.full1.in_channels == inputs


def flow_clip() -> torch.Tensor:
    return torch.randn(2, *FLOW.shape_CTHW)


def test_averaged_streams_are_the_mean_of_two_networks() -> None:
    both = network("twostream-resnet_tiny", clip=FLOW)
    space, time = network("tsn-resnet_tiny"), nn.Sequential(both.backbone.time, both.readout)
    space.backbone.load_state_dict(both.backbone.space.state_dict())
    with torch.no_grad():
        space.classifier.weight.copy_(2 * both.classifier.weight[:, :128])
        other = F.linear(time(x := flow_clip()[:, 3:]), 2 * both.classifier.weight[:, 128:], space.classifier.bias)
        whole = torch.cat([colour := torch.randn(2, 3, 4, 32, 32), x], dim=1)
        torch.testing.assert_close(both(whole), (space(colour) + other) / 2)


@pytest.mark.parametrize(("fusion", "features"), [("average", 256), ("linear", 128), ("conv3d", 512)])
def test_streams_meet_in_three_ways(fusion: str, features: int) -> None:
    built = network("twostream-resnet_tiny", clip=FLOW, fusion=fusion)
    assert built.features(flow_clip()).shape == (2, features)


def test_the_fused_cnn_goes_on_with_one_streams_fully_connected_layers() -> None:
    with torch.device("meta"):
        built = create_model("two_stream_fusion", 5).eval()
        assert built(torch.empty(2, *built.clip.shape_CTHW)).shape == (2, 5)
    assert built.backbone.fuse.conv.weight.shape == (512, 1024, 3, 3, 3)


def test_what_a_two_stream_network_cannot_take_is_told() -> None:
    with pytest.raises(ModelError, match="clips of 23 channels, not 3"):
        create_model("two_stream", clip=ClipSpec())
    with pytest.raises(ModelError, match="one of average, linear, conv3d"):
        create_model("two_stream", fusion="sum")
