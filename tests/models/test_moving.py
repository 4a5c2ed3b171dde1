"""The quick ways to move, mix and sum frames, beside their plain definitions."""

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kinema.models.layers import repeat_edges
from kinema.models.temporal.online import Delay
from kinema.models.temporal.tam import ChannelMix
from kinema.models.temporal.tin import WAYS, Interlace
from kinema.models.temporal.tsm import Shift

LAYOUTS = (torch.contiguous_format, torch.channels_last_3d)


def clip(channels: int, layout: torch.memory_format) -> torch.Tensor:
    """x_NCTHW of random numbers that wants a gradient."""
    x_NCTHW = torch.randn(2, channels, 5, 3, 4, generator=torch.Generator().manual_seed(0))
    return x_NCTHW.contiguous(memory_format=layout).requires_grad_()


def same(layer: nn.Module, plain: Callable[[torch.Tensor], torch.Tensor], x_NCTHW: torch.Tensor) -> None:
    """Answers, layout and gradients are those of the plain definition."""
    found_NCTHW, expected_NCTHW = layer(x_NCTHW), plain(x_NCTHW)
    torch.testing.assert_close(found_NCTHW, expected_NCTHW)
    if torch.get_num_threads() > 1:  # on one, a convolution of torch gives another layout
        assert found_NCTHW.stride() == x_NCTHW.stride()
    way_NCTHW = torch.randn(found_NCTHW.shape).contiguous(memory_format=torch.channels_last_3d)
    wanted = x_NCTHW, *layer.parameters()
    for got, told in zip(*(torch.autograd.grad(y, wanted, way_NCTHW) for y in (found_NCTHW, expected_NCTHW)),
                         strict=True):
        torch.testing.assert_close(got, told, rtol=1e-4, atol=1e-5)


def later(x_NCTHW: torch.Tensor, frames: int, repeats: bool) -> torch.Tensor:
    """Each frame `frames` later (or earlier), and zeros or the edge's frame before (or after) them."""
    index = torch.arange(x_NCTHW.shape[2]) - frames
    inside = (index >= 0) & (index < len(index))
    moved_NCTHW = x_NCTHW[:, :, index.clamp(0, len(index) - 1)]
    return moved_NCTHW if repeats else moved_NCTHW * inside.view(-1, 1, 1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_a_shift_is_three_pieces(layout: torch.memory_format, repeats: bool, causal: bool) -> None:
    layer, x_NCTHW = Shift(2, causal), clip(9, layout)
    if repeats:
        repeat_edges(layer)

    def plain(x_NCTHW: torch.Tensor) -> torch.Tensor:
        coming = x_NCTHW[:, :2] if causal else later(x_NCTHW[:, :2], -1, repeats)
        return torch.cat([coming, later(x_NCTHW[:, 2:4], 1, repeats), x_NCTHW[:, 4:]], dim=1)

    same(layer, plain, x_NCTHW)
    expected_NCTHW, before_NCTHW = plain(x_NCTHW).detach(), x_NCTHW.detach().clone()
    written_NCTHW = before_NCTHW.clone()
    channels, was_NCTHW = layer.write(written_NCTHW)
    assert torch.equal(written_NCTHW, expected_NCTHW)
    assert torch.equal(was_NCTHW, before_NCTHW[:, :channels])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_delay_is_two_pieces(layout: torch.memory_format) -> None:
    same(Delay(2), lambda x: torch.cat([later(x[:, :2], 1, False), x[:, 2:]], dim=1), clip(9, layout))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("taps", "causal"), [(2, False), (3, False), (3, True), (7, False)])
def test_a_channel_mix_is_a_convolution(layout: torch.memory_format, taps: int, causal: bool) -> None:
    mix = ChannelMix(6, 6, (taps, 1), groups=6, causal=causal)
    before, after = (taps - 1, 0) if causal else (taps // 2, (taps - 1) // 2)
    same(mix, lambda x: F.conv3d(F.pad(x, (0, 0, 0, 0, before, after)), mix.weight, groups=6), clip(6, layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_interlacing_is_a_product_for_each_group(layout: torch.memory_format) -> None:
    layer, x_NCTHW = Interlace(8, 5), clip(11, layout)

    def plain(x_NCTHW: torch.Tensor) -> torch.Tensor:
        mix_NGTT = layer.mix_NGTT(x_NCTHW[:, :8])
        groups_NGCTHW = x_NCTHW[:, :8].unflatten(1, (2 * WAYS, -1))
        moved_NGCTHW = torch.einsum("ngts,ngcshw->ngcthw", mix_NGTT, groups_NGCTHW)
        return torch.cat([moved_NGCTHW.flatten(1, 2), x_NCTHW[:, 8:]], dim=1)

    same(layer, plain, x_NCTHW)
    with warnings.catch_warnings():  # of the number of frames, which is fixed
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(layer, x_NCTHW.detach())
    torch.testing.assert_close(traced(x_NCTHW), plain(x_NCTHW))
    with torch.inference_mode():
        written_NCTHW = x_NCTHW.detach().clone()
        channels, was_NCTHW = layer.write(written_NCTHW)
        torch.testing.assert_close(written_NCTHW, plain(x_NCTHW))
        assert torch.equal(was_NCTHW, x_NCTHW[:, :channels])
