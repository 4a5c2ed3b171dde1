"""An OpenVINO graph whose convolutions are computed with fewer multiplications where that pays.

Axes: N clips, T frames, H rows, W columns, C input channels, K output channels.
"""

from collections.abc import Container
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from kinema.inference.engines import bottlenecks, stem
from kinema.inference.engines.nodes import behind, constant, only, put
from kinema.inference.engines.winograd import Shape, Winograd, fits


def rewrite(model: Any, threads: int) -> int:
    """Replace what can be replaced in a model, and tell how many pieces that were."""
    others = stem.rewrite(model, threads) + bottlenecks.rewrite(model, threads)
    chosen: dict[str, tuple[Any, Shape]] = {}  # by the name of the last node that each replaces
    for node in model.get_ordered_ops():
        shape = shape_of(node)
        if shape is not None and fits(shape) and (shape.over == "pixels" or near(node, chosen)):
            chosen[row(node).last.get_friendly_name()] = node, shape
    scratch = np.zeros(threads * max((shape.scratch() for _, shape in chosen.values()), default=0), np.float32)
    for node, shape in chosen.values():
        replace(node, shape, scratch, threads)
    model.validate_nodes_and_infer_types()
    return others + len(chosen)


def near(node: Any, chosen: Container[str]) -> bool:
    """Whether a convolution's input need not be laid out anew for it: nothing else sees it, or it is from its like.

    To lay it out takes longer than a convolution over frames saves (i3d_r50_8x8), not one over pixels (r2plus1d_18).
    """
    source = node.input_value(0)
    return len(source.get_target_inputs()) == 1 or source.get_node().get_friendly_name() in chosen


def shape_of(node: Any) -> Shape | None:
    """A convolution's shape; None for anything else, and where it steps, is dilated or not padded by a pixel."""
    if node.get_type_name() != "Convolution" or constant(node, 1) is None:
        return None
    if node.input_value(0).get_partial_shape().is_dynamic:
        return None
    facts = node.get_attributes()
    clip, kernel = node.get_input_shape(0), tuple(node.get_input_shape(1))
    if len(kernel) != 5 or {*facts["strides"], *facts["dilations"]} != {1}:
        return None
    pixels = [size // 2 for size in kernel[3:]]
    pads = list(facts["pads_begin"])
    if pads != list(facts["pads_end"]) or pads[1:] != pixels:
        return None
    n, channels, *places = clip
    return Shape((n, *places, channels), kernel, pads[0])


class Row(NamedTuple):
    """What follows a convolution alone: the last node, the bias, what is added, and whether a ReLU is the end."""

    last: Any
    bias_K: np.ndarray
    add: Any | None
    relu: bool


def row(node: Any) -> Row:
    """A convolution's bias, an addition and a ReLU, as far as nothing else sees what is between them."""
    outputs = node.get_output_shape(0)[1]
    last, bias_K, add = node, np.zeros(outputs, np.float32), None
    while (after := only(last)) is not None:
        if after.get_type_name() == "Relu":
            return Row(after, bias_K, add, True)
        if after.get_type_name() != "Add" or add is not None or after.get_output_shape(0) != node.get_output_shape(0):
            break
        index = [value.get_node() != last for value in after.input_values()].index(True)
        value = constant(after, index)
        if value is not None and value.size == outputs:
            bias_K = bias_K + value.reshape(-1)
        elif list(after.get_input_shape(index)) == list(after.get_output_shape(0)):
            add = after.input_value(index)
        else:
            break
        last = after
    return Row(last, bias_K, add, False)


def replace(node: Any, shape: Shape, scratch: np.ndarray, threads: int) -> None:
    """Put one node in the place of a convolution and of what follows it alone."""
    last, bias_K, add, relu = row(node)
    weights_KCTHW = constant(node, 1)
    assert weights_KCTHW is not None
    kernel = partial(Winograd(shape, weights_KCTHW, bias_K, relu, threads), scratch=scratch)
    put(kernel, [behind(each) for each in (node.input_value(0), add) if each is not None], last, shape.out_NTHWC)
