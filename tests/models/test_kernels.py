"""The kernels give what torch gives in float64, the same bits each time, and keep away where torch is wanted."""

import copy
import pickle
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from kinema.machine import Machine
from kinema.models import create_model
from kinema.models.kernels import build
from kinema.models.kernels.convolve import convolve
from kinema.models.kernels.norm import batch_norm
from kinema.models.kernels.suited import LAST, suited
from kinema.models.layers import Conv
from kinema.training.course import wrapped
from kinema.training.quicken import QuickNorm, quicken

KERNELS = ((3, 3, 3), (1, 3, 3), (3, 1, 1), (5, 1, 1), (1, 5, 5), (1, 1, 1))
STRIDES = ((1, 1, 1), (1, 2, 2), (2, 1, 1), (2, 2, 2))
needs_kernels = pytest.mark.skipif(build.library() is None, reason="there is no C++ compiler")


def agree(found: torch.Tensor, exact: torch.Tensor) -> None:
    """They differ by a hundred-thousandth of the spread at most."""
    assert found.shape == exact.shape
    exact = exact.detach()
    spread = exact.double().norm() / exact.numel() ** 0.5
    assert float((found.detach().double() - exact.double()).abs().max()) <= 1e-5 * float(spread) + 1e-12


def laid_out(*shape: int) -> torch.Tensor:
    return torch.randn(*shape).contiguous(memory_format=LAST)


@needs_kernels
@pytest.mark.parametrize("channels", [2, 7, 12, 24, 54])
@pytest.mark.parametrize(("kernel", "stride"), list(product(KERNELS, STRIDES)))
def test_depthwise_convolution_is_torchs(channels: int, kernel: tuple[int, ...], stride: tuple[int, ...]) -> None:
    pad = tuple(size // 2 for size in kernel)
    for lengths in ((4, 9, 11), (5, 8, 20), (1, 2, 3)):
        x_NCTHW, weight = laid_out(2, channels, *lengths).requires_grad_(), torch.randn(channels, 1, *kernel)
        weight.requires_grad_()
        assert suited(x_NCTHW, weight)
        y_NCTHW = convolve(x_NCTHW, weight, stride, pad, (1, 1, 1), channels)
        assert y_NCTHW.grad_fn is not None and "Depthwise" in y_NCTHW.grad_fn.name()  # noqa: PT018
        exact = F.conv3d(x_NCTHW.double(), weight.double(), None, stride, pad, 1, channels)
        g_NCTHW = torch.randn(exact.shape)  # laid out otherwise
        agree(y_NCTHW, exact)
        for own, torchs in zip(torch.autograd.grad(y_NCTHW, (x_NCTHW, weight), g_NCTHW),
                               torch.autograd.grad(exact, (x_NCTHW, weight), g_NCTHW.double()), strict=True):
            agree(own, torchs)


@needs_kernels
def test_depthwise_convolution_need_not_be_padded() -> None:
    x_NCTHW, weight = laid_out(1, 24, 5, 6, 7), torch.randn(24, 1, 3, 3, 3)
    found = convolve(x_NCTHW, weight, (1, 1, 1), (0, 0, 0), (1, 1, 1), 24)
    agree(found, F.conv3d(x_NCTHW.double(), weight.double(), groups=24))


@needs_kernels
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize(("inputs", "outputs"), [(3, 24), (24, 54), (54, 7), (2, 17), (100, 130)])
def test_pointwise_convolution_is_torchs(inputs: int, outputs: int, stride: tuple[int, ...]) -> None:
    x_NCTHW = laid_out(2, inputs, 3, 9, 13).requires_grad_()
    weight = torch.randn(outputs, inputs, 1, 1, 1, requires_grad=True)
    y_NCTHW = convolve(x_NCTHW, weight, stride, (0, 0, 0), (1, 1, 1), 1)
    assert y_NCTHW.grad_fn is not None and "Pointwise" in y_NCTHW.grad_fn.name()  # noqa: PT018
    exact = F.conv3d(x_NCTHW.double(), weight.double(), None, stride)
    agree(y_NCTHW, exact)
    g_NCTHW = torch.randn(exact.shape)
    for own, torchs in zip(torch.autograd.grad(y_NCTHW, (x_NCTHW, weight), g_NCTHW),
                           torch.autograd.grad(exact, (x_NCTHW, weight), g_NCTHW.double()), strict=True):
        agree(own, torchs)


@needs_kernels
@pytest.mark.parametrize(("kernel", "stride", "dilation", "groups"), [
    ((1, 3, 3), (1, 2, 2), (1, 1, 1), 1), ((1, 3, 3), (1, 1, 1), (1, 2, 2), 4), ((1, 1, 1), (1, 2, 2), (1, 1, 1), 1),
    ((3, 3, 3), (1, 2, 2), (1, 1, 1), 1), ((1, 3, 3), (2, 1, 1), (1, 1, 1), 1)])
def test_other_convolutions_are_torchs(
    kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...], groups: int
) -> None:
    x_NCTHW, weight = laid_out(2, 400, 3, 7, 9), torch.randn(260, 400 // groups, *kernel)
    pad = tuple(size // 2 for size in kernel)
    found = convolve(x_NCTHW, weight, stride, pad, dilation, groups)
    torch.testing.assert_close(found, F.conv3d(x_NCTHW, weight, None, stride, pad, dilation, groups), rtol=0, atol=0.01)
    assert found.is_contiguous(memory_format=LAST)


@needs_kernels
@pytest.mark.parametrize("follower", ["", "relu", "silu"])
@pytest.mark.parametrize("channels", [2, 7, 24, 54])
def test_batch_norm_is_torchs(channels: int, follower: str) -> None:
    x_NCTHW = (laid_out(3, channels, 5, 13, 31) * 3 + 10).requires_grad_()
    weight_C, bias_C = torch.randn(channels, requires_grad=True), torch.randn(channels, requires_grad=True)
    kept, exactly_kept = torch.ones(2, channels), torch.ones(2, channels).double()
    y_NCTHW = batch_norm(x_NCTHW, *kept, weight_C, bias_C, 0.1, 1e-5, follower)
    assert y_NCTHW.grad_fn is not None and "Normed" in y_NCTHW.grad_fn.name()  # noqa: PT018
    given = [one.detach().double().requires_grad_() for one in (x_NCTHW, weight_C, bias_C)]
    exact = F.batch_norm(given[0], *exactly_kept, *given[1:], True, 0.1, 1e-5)
    exact = getattr(F, follower)(exact) if follower else exact
    agree(y_NCTHW, exact)
    agree(kept, exactly_kept)
    g_NCTHW = torch.randn(exact.shape)
    for own, torchs in zip(torch.autograd.grad(y_NCTHW, (x_NCTHW, weight_C, bias_C), g_NCTHW),
                           torch.autograd.grad(exact, given, g_NCTHW.double()), strict=True):
        agree(own, torchs)


@needs_kernels
def test_half_precision_is_taken_and_given() -> None:
    x_NCTHW, conv = laid_out(2, 24, 4, 9, 9), Conv(24, 24, (3, 3), groups=24)
    with torch.autocast("cpu", torch.bfloat16):
        y_NCTHW = conv(x_NCTHW)
        assert y_NCTHW.dtype == torch.bfloat16
        z_NCTHW = batch_norm(y_NCTHW, None, None, None, None, 0.0, 1e-5, "relu")
        assert z_NCTHW.dtype == torch.bfloat16
    z_NCTHW.float().square().sum().backward()
    exact = F.batch_norm(F.conv3d(x_NCTHW, conv.weight, None, 1, 1, 1, 24), None, None, training=True).relu()
    assert float((z_NCTHW - exact).detach().abs().max()) < 0.05
    assert conv.weight.grad is not None and conv.weight.grad.isfinite().all()  # noqa: PT018


def small() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(1)
    network = create_model("x3d_xs", classes=5, widths=(8, 16, 24, 32), counts=(1, 1, 1, 1), hidden=64).train()
    return network, torch.randn(4, 3, 4, 64, 64).contiguous(memory_format=LAST)


def gradients(network: nn.Module, clips_NCTHW: torch.Tensor) -> list[torch.Tensor]:
    torch.manual_seed(2)  # what dropout draws from
    network(clips_NCTHW).square().sum().backward()
    return [weight.grad for weight in network.parameters() if weight.grad is not None]


@needs_kernels
def test_a_networks_training_gives_the_same_bits_again() -> None:
    network, clips_NCTHW = small()
    quicken(network)
    once, again = (gradients(copy.deepcopy(network), clips_NCTHW) for _ in range(2))
    assert all(map(torch.equal, once, again))


@needs_kernels
def test_blocks_may_forget_what_they_computed_and_copies_may_be_kept() -> None:
    network, clips_NCTHW = small()
    forgetful = wrapped(copy.deepcopy(network), Machine(accelerator="cpu", gradient_checkpointing=True))
    quick = wrapped(network, Machine(accelerator="cpu"))
    kept = pickle.loads(pickle.dumps(quick))
    found = [gradients(one, clips_NCTHW) for one in (quick, kept, forgetful)]
    for own in found[1:]:
        assert all(map(torch.equal, own, found[0]))
    for own in (kept, forgetful):
        assert all(map(torch.equal, own.buffers(), quick.buffers()))


@needs_kernels
def test_any_number_of_threads_gives_the_same_bits() -> None:
    x_NCTHW, one, many = laid_out(2, 24, 4, 9, 9), torch.randn(24, 1, 3, 3, 3), torch.randn(54, 24, 1, 1, 1)
    answers, threads = [], torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            given = [tensor.clone().requires_grad_() for tensor in (x_NCTHW, one, many)]
            y_NCTHW = convolve(given[0], given[1], (1, 1, 1), (1, 1, 1), (1, 1, 1), 24)
            y_NCTHW = batch_norm(y_NCTHW, None, None, None, None, 0.0, 1e-5, "silu")
            y_NCTHW = convolve(y_NCTHW, given[2], (1, 2, 2), (0, 0, 0), (1, 1, 1), 1)
            answers.append([y_NCTHW, *torch.autograd.grad((y_NCTHW * y_NCTHW.detach()).sum(), given)])
    finally:
        torch.set_num_threads(threads)
    assert all(map(torch.equal, answers[0], answers[1]))
    assert all(map(torch.equal, answers[0], answers[2]))


def test_a_quickened_network_judges_and_keeps_as_it_did() -> None:
    network, clips_NCTHW = small()
    quick = copy.deepcopy(network)
    quicken(quick)
    assert any(type(layer) is QuickNorm and layer.follower == "relu" for layer in quick.modules())
    assert quick.state_dict().keys() == network.state_dict().keys()
    torch.testing.assert_close(quick.eval()(clips_NCTHW), network.eval()(clips_NCTHW))
    answers = []
    for one in (quick, network):
        torch.manual_seed(2)  # what dropout draws from
        answers.append(one.train()(clips_NCTHW.contiguous()))
    torch.testing.assert_close(*answers)
    for own, torchs in zip(quick.buffers(), network.buffers(), strict=True):
        torch.testing.assert_close(own, torchs)


@pytest.mark.slow
def test_who_exports_compiles_or_counts_sees_torchs_operators() -> None:
    conv, x_NCTHW = Conv(8, 8, (3, 3), groups=8).eval(), laid_out(1, 8, 4, 6, 6)
    expected = F.conv3d(x_NCTHW, conv.weight, None, 1, 1, 1, 8)
    exported = torch.export.export(conv, (x_NCTHW,))
    assert "conv3d" in str(exported.graph)
    torch.testing.assert_close(exported.module()(x_NCTHW), expected)
    compiled = torch.compile(conv, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x_NCTHW), expected)
    traced = torch.jit.trace(conv, x_NCTHW)
    torch.testing.assert_close(traced(x_NCTHW), expected)
    assert not suited(x_NCTHW.to("meta"), conv.weight)
    assert not suited(x_NCTHW.contiguous(), conv.weight)
    assert not suited(x_NCTHW, conv.weight.double())
