"""Rows of residual blocks in C++ give what the blocks give."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from kinema.inference.engines import blocks
from kinema.inference.engines.blocks import Block, Blocks, Gate
from kinema.inference.engines.stem import Stem
from kinema.models import ClipSpec, create_model

pytestmark = pytest.mark.slow  # the library takes ten seconds to build


@pytest.fixture(autouse=True)
def built() -> None:
    if blocks.library() is None:
        pytest.skip("there is no C++ compiler here")


class Plain(nn.Module):
    """A block as PyTorch computes it."""

    def __init__(self, inputs: int, width: int, outputs: int, stride: tuple[int, int], gated: bool, bend: str) -> None:
        super().__init__()
        self.expand, self.project = nn.Conv3d(inputs, width, 1), nn.Conv3d(width, outputs, 1)
        self.stride = stride[0], stride[1], stride[1]
        self.alone = nn.Conv3d(width, width, 3, self.stride, 1, groups=width)
        self.squeeze, self.excite = nn.Conv3d(width, 5, 1), nn.Conv3d(5, width, 1)
        alike = inputs == outputs and stride == (1, 1)
        self.shortcut = None if alike else nn.Conv3d(inputs, outputs, 1, self.stride)
        self.gated, self.bend = gated, bend

    def forward(self, x_NCTHW: torch.Tensor) -> torch.Tensor:
        inner_NCTHW = self.alone(self.expand(x_NCTHW).relu())
        if self.gated:
            mean_NC111 = inner_NCTHW.mean((2, 3, 4), keepdim=True)
            inner_NCTHW = inner_NCTHW * self.excite(self.squeeze(mean_NC111).relu()).sigmoid()
        inner_NCTHW = nn.functional.silu(inner_NCTHW) if self.bend == "Swish" else inner_NCTHW.relu()
        return (self.project(inner_NCTHW) + (self.shortcut(x_NCTHW) if self.shortcut else x_NCTHW)).relu()

    def block(self, clip_THWC: tuple[int, ...]) -> Block:
        (expand, expand_M), (project, project_K), (alone, alone_M), (squeeze, squeeze_S), (excite, excite_M) = (
            arrays(each) for each in (self.expand, self.project, self.alone, self.squeeze, self.excite))
        beside, beside_K = arrays(self.shortcut) if self.shortcut else (None, np.zeros(1, np.float32))
        gate = Gate(matrix(squeeze), squeeze_S, matrix(excite), excite_M) if self.gated else None
        return Block(clip_THWC, self.stride[1], self.stride[0], (1, 1), self.bend, matrix(expand), expand_M,
                     alone[:, 0], alone_M, gate, matrix(project), project_K + beside_K,
                     None if beside is None else matrix(beside))


def arrays(conv: nn.Conv3d) -> tuple[np.ndarray, np.ndarray]:
    assert conv.bias is not None
    return conv.weight.detach().numpy(), conv.bias.detach().numpy()


def matrix(weights_KC111: np.ndarray) -> np.ndarray:
    return weights_KC111[:, :, 0, 0, 0]


def behind(x_NCTHW: torch.Tensor) -> np.ndarray:
    return x_NCTHW.movedim(1, -1).contiguous().numpy()


ROWS = {  # inputs, width, outputs, stride over frames and pixels, gated, bend
    "stays": [(24, 54, 24, (1, 1), False, "Swish")],
    "gated": [(24, 54, 24, (1, 1), True, "Swish")],
    "halves": [(24, 54, 48, (1, 2), True, "Swish"), (48, 108, 48, (1, 1), False, "Swish")],
    "ReLU, frames too": [(16, 37, 40, (2, 2), False, "Relu"), (40, 8, 40, (1, 1), True, "Relu")],
    "wider": [(32, 65, 56, (1, 1), True, "Swish"), (56, 120, 8, (2, 1), True, "Swish")],
}


@torch.no_grad()
@pytest.mark.parametrize("ring", [1, 150_000], ids=["bands", "whole"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_blocks(name: str, threads: int, ring: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "RING", ring)
    torch.manual_seed(0)
    row = [Plain(*facts) for facts in ROWS[name]]
    clips_NCTHW = [torch.randn(1, ROWS[name][0][0], 5, 15, 13)]
    for each in row:
        clips_NCTHW.append(each(clips_NCTHW[-1]))
    kernel = Blocks([each.block(behind(clip_NCTHW).shape[1:])
                     for each, (clip_NCTHW, _) in zip(row, pairwise(clips_NCTHW), strict=True)], threads)
    expected = behind(clips_NCTHW[-1])
    found = np.empty_like(expected)
    for _ in range(2):
        kernel(behind(clips_NCTHW[0]), y_NTHWK=found)
        assert np.abs(found - expected).max() < 1e-5 * expected.std()


@torch.no_grad()
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("outputs", "taps", "frames", "rows", "columns"),
                         [(24, 5, 6, 13, 22), (40, 3, 1, 8, 7), (32, 5, 2, 9, 30)])
def test_a_stem(outputs: int, taps: int, frames: int, rows: int, columns: int, threads: int) -> None:
    torch.manual_seed(0)
    space = nn.Conv3d(3, outputs, (1, 3, 3), (1, 2, 2), (0, 1, 1))
    time = nn.Conv3d(outputs, outputs, (taps, 1, 1), 1, (taps // 2, 0, 0), groups=outputs)
    clip_NCTHW = torch.randn(1, 3, frames, rows, columns)
    expected = behind(time(space(clip_NCTHW)).relu())
    (pixels, pixels_K), (along, frames_K) = arrays(space), arrays(time)
    kernel = Stem(tuple(clip_NCTHW.shape[1:]), pixels[:, :, 0], pixels_K, along[:, 0, :, 0, 0], frames_K, threads)
    assert (1, *kernel.out_THWK) == expected.shape
    found = np.empty_like(expected)
    kernel(clip_NCTHW.numpy(), y_NTHWK=found)
    assert np.abs(found - expected).max() < 1e-5 * expected.std()


def test_openvinos_graph_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    monkeypatch.setattr(blocks, "LEAST", 1)
    from kinema.inference.engines import graph, openvino
    from kinema.inference.engines.fold import folded

    network = create_model("x3d_xs", clip=ClipSpec(3, 33, 33), counts=(2, 1, 1, 1)).eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm3d):
            nn.init.normal_(layer.bias)
    example = (torch.randn(1, 3, 3, 33, 33),)
    model = openvino.converted(folded(network), example)
    assert graph.rewrite(model, 2) == 6  # the stem and each block
    assert openvino.agrees(openvino.compiled_graph(model, "fp32", {}), network, example)
    names = [node.get_type_name() for node in model.get_ordered_ops()]
    assert names.count("Own") == 2
    assert names.count("GroupConvolution") == 0
