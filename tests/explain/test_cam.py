"""Grad-CAM: every family has a map to look at, and what is seen there is what the score is made of."""

import pytest
import torch
from torch import nn

from benchmarks import checks
from benchmarks.checks import one_of_each_family
from kinema.errors import ModelError
from kinema.explain.cam import PLACES, WEIGHTS, by_channel, fine, grad_cam
from kinema.explain.heat import spread
from kinema.explain.maps import Map, last_maps, watched
from kinema.models import ClipSpec, Network, create_model
from kinema.models.names import expected_clip

FAMILIES = [name for name in one_of_each_family() if name != "hog3d"]  # whose histograms no gradient reaches
SMALL = ["tsn-resnet_tiny", "tam-resnet_tiny", "slow_fusion-resnet_tiny", "trn-resnet_tiny", "tsn-inception_v1",
         "tsn-x3d_xs", "tsn-mobilenet_v2", "movinet_a0", "slowfast-resnet50", "tsn-vit_tiny"]


def last(network: Network, clip_NCTHW: torch.Tensor, places: int = PLACES) -> list[Map]:
    """The maps that are looked at, but for those of which the score feels no place."""
    clip_NCTHW = clip_NCTHW.requires_grad_()
    with watched(network, len(clip_NCTHW)) as seen:
        answer = network(clip_NCTHW).sum()
    return last_maps(answer, fine(seen.maps, places, clip_NCTHW), clip_NCTHW)


def on_paper(name: str) -> list[Map]:
    """The maps of a network and a clip without numbers, of the size that it was made for."""
    with torch.device("meta"), checks.quick_start():
        network = create_model(name, 5).eval()
    return last(network, torch.empty(2, *network.clip.shape_CTHW, device="meta"))


@pytest.mark.parametrize(
    "name", [name if name in SMALL else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES])
def test_every_family_has_a_map_of_places_at_its_own_size(name: str) -> None:
    maps = on_paper(name)
    assert maps
    for one in maps:
        channels, frames, rows, columns = one.layout(one.values).shape[1:]
        assert channels > 3
        assert 1 <= frames <= expected_clip(name).frames
        least = 4 if name == "tsn-vit_tiny" else PLACES  # which has no more patches than that
        assert least <= min(rows, columns) <= max(rows, columns) <= expected_clip(name).height / 2


@pytest.mark.parametrize(("name", "sizes"), [
    ("slowfast-resnet50", [(2304, 8, 7, 7)]),  # both pathways side by side
    ("x3d_m", [(192, 16, 7, 7)]),  # before the head
    ("c3d", [(512, 2, 7, 7)]),  # before the last pool, after which there are four places a side
    ("eco", [(1024, 16, 7, 7), (512, 4, 7, 7)]),  # pictures alone, and together
    ("twostream-cnn_m_2048", [(512, 8, 13, 13), (512, 8, 13, 13)]),  # of each stream
    ("i3d-inception_v1", [(1024, 8, 7, 7)]),
    ("timesformer", [(768, 8, 14, 14)]),
    ("mvitv2_s_16x4", [(768, 8, 7, 7)]),
    ("swin3d_t_32x2", [(768, 16, 7, 7)]),
])
def test_the_map_is_the_last_one_before_anything_pools(name: str, sizes: list[tuple[int, ...]]) -> None:
    assert sorted(tuple(one.layout(one.values).shape[1:]) for one in on_paper(name)) == sorted(sizes)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_heat_covers_the_clip_and_is_never_below_nothing(name: str) -> None:
    subject = checks.subject(name)
    clips = subject.clip(clips=2)
    found = grad_cam(subject.network, clips)
    assert found.heat_NTHW.shape == (2, *clips.shape[2:])
    assert found.heat_NTHW.isfinite().all()
    assert found.heat_NTHW.min() >= 0
    assert found.heat_NTHW.amax((1, 2, 3)).gt(0).any()
    assert torch.allclose(found.logits_NK, checks.logits(subject.network, clips), atol=1e-5, rtol=1e-4)
    assert found.classes == tuple(found.logits_NK.argmax(1).tolist())


@pytest.fixture(scope="module")
def network() -> Network:
    subject = create_model("tsn-resnet_tiny", ("up", "down", "rest"), clip=ClipSpec(4, 160, 160))
    checks.fill(subject)
    return subject.train()


@pytest.fixture(scope="module")
def clips() -> torch.Tensor:
    return torch.randn(2, 3, 4, 160, 160, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("method", WEIGHTS)
def test_on_the_last_map_it_is_the_class_activation_map(method: str, network: Network, clips: torch.Tensor) -> None:
    """Where features are averaged and weighted, Grad-CAM is these weights times the features (Zhou et al., 2016)."""
    found = grad_cam(network, clips, classes=2, weigh=WEIGHTS[method], places=5)
    with torch.inference_mode():
        features_NDTHW = network.eval().feature_map(clips)
        expected = torch.einsum("d,ndthw->nthw", network.classifier.weight[2], features_NDTHW).relu()
    assert found.layers == ("stages.4.0.relu",)
    assert torch.allclose(found.heat_NTHW, spread(expected, (4, 160, 160)), atol=1e-5)
    assert found.classes == (2, 2)


def test_before_that_grad_cam_weighs_channels_by_their_mean_gradient(network: Network, clips: torch.Tensor) -> None:
    """Equations 1 and 2 of the paper, with the gradient taken from the network cut at the layer."""
    network.eval()
    with torch.enable_grad():
        before = nn.Sequential(network.backbone.stem, *list(network.backbone.stages)[:2])(clips)
        before = before.detach().requires_grad_()
        after = nn.Sequential(*list(network.backbone.stages)[2:])(before)
        score = network.classifier(network.readout(after))[:, 1].sum()
        (slope,) = torch.autograd.grad(score, before)
    expected = (slope.mean((2, 3, 4), keepdim=True) * before.detach()).sum(1).relu()
    found = grad_cam(network, clips, classes=1, weigh=by_channel, layer="stages.2").heat_NTHW
    wanted = spread(expected, (4, 160, 160)) * expected[0].numel()
    assert torch.allclose(found, wanted, atol=1e-4 * float(wanted.max()))


def test_the_network_is_left_as_it_was(network: Network, clips: torch.Tensor) -> None:
    network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with torch.inference_mode():
        grad_cam(network, clips)
    assert network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_layer_can_be_named(network: Network, clips: torch.Tensor) -> None:
    found = grad_cam(network, clips, layer="stages.2")
    assert found.layers == ("stages.2",)
    assert not torch.allclose(found.heat_NTHW, grad_cam(network, clips).heat_NTHW)
    with pytest.raises(ModelError, match="stages"):
        grad_cam(network, clips, layer="stage.2")
    with pytest.raises(ModelError, match="classes are 0 to 2"):
        grad_cam(network, clips, classes=3)


def test_finer_maps_can_be_asked_for(network: Network, clips: torch.Tensor) -> None:
    assert [grad_cam(network, clips, places=places).layers[0][:8] for places in (1, 6, 20, 1000)] == [
        "stages.4", "stages.3", "stages.2", "stem.rel"]


@pytest.mark.parametrize("name", ["tsn-resnet_tiny", "x3d_xs"])
def test_windows_are_looked_through(name: str) -> None:
    clip = torch.randn(1, 3, 2, 192, 192)
    network = create_model(name, 3, clip=ClipSpec(2, 192, 192), head_size=64).eval()
    (one,) = last(network, clip, places=5)
    assert network.backbone(clip).shape[3:] == (5, 5)
    assert one.size == (2, 6, 6)


@pytest.mark.slow
def test_a_network_without_a_map_says_so() -> None:
    blind = create_model("hog3d", 3)
    with pytest.raises(ModelError, match="hog3d makes no map of places"):
        grad_cam(blind, torch.rand(1, *blind.clip.shape_CTHW))
