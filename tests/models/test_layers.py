"""Layers that several networks share."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.means import Mean, Windows


def test_windows_are_the_mean_of_what_each_shows_alone() -> None:
    x_NCTHW = torch.randn(2, 4, 3, 3, 4)
    windows = [x_NCTHW[..., row : row + 2, column : column + 2] for row in range(2) for column in range(3)]
    seen, whole = Windows(2), Mean(4)
    means = torch.stack([whole(window) for window in windows]).mean(0)
    torch.testing.assert_close(whole(seen(x_NCTHW)), means)
    assert torch.equal(seen(windows[0]), windows[0])
    assert torch.equal(Windows(0)(x_NCTHW), x_NCTHW)
    assert not torch.allclose(whole(x_NCTHW), means)


@pytest.mark.parametrize("name", ["i3d-resnet_tiny", "trn-resnet_tiny", *(
    pytest.param(name, marks=pytest.mark.slow) for name in ("r3d-resnet10", "r2plus1d-resnet18"))])
def test_a_network_with_windows_sees_them_in_larger_clips_alone(name: str) -> None:
    plain, windowed = (create_model(name, 5, frames=8, head_size=size).eval() for size in (0, 64))
    windowed.load_state_dict(plain.state_dict())
    small, large = torch.randn(1, 3, 8, 64, 64), torch.randn(1, 3, 8, 112, 112)
    torch.testing.assert_close(windowed(small), plain(small))
    assert not torch.allclose(windowed(large), plain(large))
    torch.testing.assert_close(windowed.feature_map(small), plain.feature_map(small))


def test_windows_of_nothing_are_told() -> None:
    with pytest.raises(ModelError, match=r"resnet's head_size is -1; it must be 0 or more"):
        create_model("i3d-resnet_tiny", head_size=-1)
