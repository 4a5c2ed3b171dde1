"""The first layer's filters: which layer it is, and that its pictures show its weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import checks
from kinema.data.video import open_video
from kinema.errors import KinemaError, ModelError
from kinema.explain.filters import FirstLayer, colours, first_layers, ordered, pages, write_filters
from kinema.models import ClipSpec, Network, create_model


def made(name: str, spec: ClipSpec) -> Network:
    with checks.quick_start():
        return create_model(name, 3, clip=spec)


@pytest.mark.parametrize(("name", "shapes"), [
    ("i3d-resnet_tiny", [(16, 3, 3, 5, 5)]),
    ("tsn-resnet_tiny", [(16, 3, 1, 5, 5)]),
    ("slowfast-resnet50", [(8, 3, 5, 7, 7), (64, 3, 1, 7, 7)]),  # the fast pathway's sees more frames
    ("i3d-vit_tiny", [(64, 3, 1, 16, 16)]),
])
def test_the_first_layers_are_those_that_see_the_clip(name: str, shapes: list[tuple[int, ...]]) -> None:
    network = made(name, ClipSpec(32 if name.startswith("slowfast") else 8, 32, 32)).train()
    assert [tuple(layer.weights_KCTHW.shape) for layer in first_layers(network)] == shapes
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())


def test_moving_filters_come_first() -> None:
    weights = torch.ones(2, 3, 3, 5, 5)
    weights[1] *= torch.tensor([1.0, 0.0, -1.0])[:, None, None]
    assert torch.equal(ordered(weights), weights.flip(0))


def test_grey_is_nothing_and_the_largest_weight_has_all_of_its_colour() -> None:
    weights = torch.zeros(2, 3, 1, 1, 2)
    weights[0, 0, 0, 0, 1], weights[1, 2, 0, 0, 0] = 0.5, -7.0  # red, and yellow: no blue
    assert colours(weights)[:, 0, 0].tolist() == [[[128] * 3, [255, 128, 128]], [[128, 128, 0], [128] * 3]]
    assert colours(weights, blue_first=True)[0, 0, 0, 1].tolist() == [128, 128, 255]
    assert colours(torch.tensor([1.0, 0.0])[None, :, None, None, None])[0, 0, 0, 0].tolist() == [255] * 3


def test_a_page_shows_each_filter_at_each_of_its_frames() -> None:
    weights = torch.zeros(9, 3, 2, 4, 4)
    weights[:, :, 0], weights[:, :, 1] = 1.0, -1.0
    first, second = pages(FirstLayer("stem.conv", weights), "c3d")
    assert first.shape == second.shape
    changed = (first == 255).all(2) & (second == 0).all(2)
    assert changed.mean() > 0.6  # of the page: the rest is frame and words


def test_they_are_written_as_a_picture_that_moves(tmp_path: Path) -> None:
    from PIL import Image

    network = create_model("i3d-resnet_tiny", 3, clip=ClipSpec(8, 32, 32))
    layer = write_filters(network, tmp_path / "filters.gif")
    assert layer.name == "stem.conv"
    with Image.open(tmp_path / "filters.gif") as picture:
        assert picture.n_frames == 3
    write_filters(network, tmp_path / "filters.mp4")
    with open_video(tmp_path / "filters.mp4") as video:
        assert len(video) == 18  # again and again, for more than four seconds
        frames = video.read([0, 1, 3]).astype(int)
    assert np.abs(frames[0] - frames[1]).mean() > 5 * np.abs(frames[0] - frames[2]).mean()
    with pytest.raises(KinemaError, match=r"\.gif"):
        write_filters(network, tmp_path / "filters.png")


def test_a_network_without_convolutions_says_so() -> None:
    network = made("tsn-resnet_tiny", ClipSpec(2, 32, 32))
    network.backbone = torch.nn.AvgPool3d((1, 16, 16))
    network.readout.channels = 3
    network.readout = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(24, network.classifier.in_features))
    with pytest.raises(ModelError, match="No convolution"):
        first_layers(network)
