"""Convolutions with fewer multiplications give what convolutions give."""

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import checks
from kinema.errors import ModelError
from kinema.inference.engines import winograd
from kinema.inference.engines.choose import made
from kinema.inference.engines.fold import folded
from kinema.inference.engines.winograd import Shape, Winograd, fits
from kinema.models import ClipSpec, create_model

NAMES = ("tsn-resnet_tiny", "i3d-resnet_tiny", "r3d-resnet_tiny", "s3d-resnet_tiny", "r2plus1d-resnet_tiny",
         "i3d_fair-resnet_tiny", "slow-resnet_tiny", "eco_lite")  # all ways in which a convolution is replaced


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small convolutions too."""
    if winograd.library() is None:
        pytest.skip("there is no C compiler here")
    monkeypatch.setattr(winograd, "LEAST", 1)
    monkeypatch.setattr(winograd, "SAVED", 2.0)


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("kernel", "pad"), [((1, 3, 3), 0), ((3, 3, 3), 1), ((3, 3, 3), 0), ((3, 1, 1), 1),
                                             ((3, 1, 1), 0)])
def test_it_is_the_convolution(kernel: tuple[int, int, int], pad: int, threads: int) -> None:
    draw = torch.Generator().manual_seed(0)
    conv = nn.Conv3d(32, 48, kernel, padding=(pad, kernel[1] // 2, kernel[2] // 2))
    x_NCTHW = torch.randn(2, 32, 5, 7, 10, generator=draw)
    with torch.no_grad():
        expected_NKTHW = conv(x_NCTHW)
    add_NKTHW = torch.randn(expected_NKTHW.shape, generator=draw)
    assert conv.bias is not None
    x, add = (each.movedim(1, -1).contiguous().numpy() for each in (x_NCTHW, add_NKTHW))
    shape = Shape(x.shape, tuple(conv.weight.shape), pad)
    assert fits(shape)
    assert shape.out_NTHWC == add.shape
    weights, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    scratch, y = np.empty(threads * shape.scratch(), np.float32), np.empty(shape.out_NTHWC, np.float32)
    Winograd(shape, weights, bias, False, threads)(x, y_NTHWK=y, scratch=scratch)
    close = 1e-4 * float(expected_NKTHW.std())
    assert np.abs(y - expected_NKTHW.movedim(1, -1).numpy()).max() < close
    Winograd(shape, weights, bias, True, threads)(x, add, y_NTHWK=y, scratch=scratch)
    expected = (expected_NKTHW + add_NKTHW).relu().movedim(1, -1).numpy()
    assert np.abs(y - expected).max() < close


def test_no_compiler_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    assert winograd.library.__wrapped__() is None


@pytest.mark.slow
@pytest.mark.usefixtures("everywhere")
def test_openvinos_graph_is_rewritten() -> None:
    pytest.importorskip("openvino")
    from kinema.inference.engines import graph, openvino

    network = folded(create_model("r2plus1d-resnet18", clip=ClipSpec(4, 32, 32)).eval())
    clip = (torch.randn(1, 3, 4, 32, 32),)
    model = openvino.converted(network, clip)
    assert graph.rewrite(model, 1) > 5
    assert openvino.agrees(openvino.compiled_graph(model, "fp32", {}), network, clip)


@pytest.mark.slow
@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("name", NAMES)
def test_openvino_answers_as_the_network_does(name: str) -> None:
    pytest.importorskip("openvino")
    subject = checks.subject(name)
    clip_NCTHW = subject.clip()
    own_NK = checks.logits(subject.network, clip_NCTHW)
    exact_NK = checks.logits(subject.network.double(), clip_NCTHW.double())
    subject.network.float()
    try:
        found_NK = made("openvino", subject.network, "fp32")(clip_NCTHW)
    except ModelError as error:
        pytest.skip(str(error))
    rounding = (own_NK - exact_NK).abs().max()  # which some networks with random weights amplify
    assert (found_NK - exact_NK).abs().max() <= torch.maximum(1e-4 * exact_NK.std(), 2 * rounding)
