"""Layers that several networks share."""

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.layers import Mean


def test_windows_are_the_mean_of_what_each_shows_alone() -> None:
    x_NCTHW = torch.randn(2, 4, 3, 3, 4)
    windows = [x_NCTHW[..., row : row + 2, column : column + 2] for row in range(2) for column in range(3)]
    whole, seen = Mean(4), Mean(4, window=2)
    torch.testing.assert_close(seen(x_NCTHW), torch.stack([whole(window) for window in windows]).mean(0))
    torch.testing.assert_close(seen(windows[0]), whole(windows[0]))
    assert not torch.allclose(seen(x_NCTHW), whole(x_NCTHW))


def test_a_network_with_windows_sees_them_in_larger_clips_alone() -> None:
    plain = create_model("i3d-resnet_tiny", 5, frames=4).eval()
    windowed = create_model("i3d-resnet_tiny", 5, frames=4, head_size=64).eval()
    windowed.load_state_dict(plain.state_dict())
    small, large = torch.randn(1, 3, 4, 64, 64), torch.randn(1, 3, 4, 96, 96)
    torch.testing.assert_close(windowed(small), plain(small))
    assert not torch.allclose(windowed(large), plain(large))
    torch.testing.assert_close(windowed.frame_features(large).mean(1), windowed.features(large))
    with pytest.raises(ModelError, match=r"head_size is for the mean of all places; trn reads them itself"):
        create_model("trn-resnet_tiny", head_size=64)
    with pytest.raises(ModelError, match=r"head_size is -1; it must be 0 or more"):
        create_model("i3d-resnet_tiny", head_size=-1)
