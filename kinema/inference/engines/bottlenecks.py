"""Rows of residual blocks in an OpenVINO graph that blocks.cpp computes: found, and replaced.

Axes: N clips, T frames, H rows, W columns, C input channels, M channels in between, K output channels, S channels that
a gate is squeezed to.
"""

from typing import Any, NamedTuple

import numpy as np

from kinema.inference.engines import blocks
from kinema.inference.engines.blocks import BENDS, HALF, SQUEEZED, Block, Blocks, Gate, library
from kinema.inference.engines.nodes import behind, biased, constant, only, put, takers


class Found(NamedTuple):
    """A block, what goes into it (an output of a node), and its last node."""

    block: Block
    source: Any
    last: Any


def rewrite(model: Any, threads: int) -> int:
    """Replace the rows of blocks in a model, and tell how many blocks that were."""
    if library() is None:
        return 0
    rows: list[list[Found]] = []
    for node in model.get_ordered_ops():
        found = block_at(node)
        if found is None:
            continue
        if rows and found.source.get_node() == rows[-1][-1].last and len(found.source.get_target_inputs()) == 2:
            rows[-1].append(found)
        else:
            rows.append([found])
    rows = [row for row in rows if sum(each.block.products for each in row) >= blocks.LEAST]
    for row in rows:
        kernel = Blocks([each.block for each in row], threads)
        put(kernel, [behind(row[0].source)], row[-1].last, (1, *row[-1].block.out_THWK))
    return sum(map(len, rows))


def pointwise(node: Any, stride: tuple[int, ...] = (1, 1, 1)) -> np.ndarray | None:
    """The weights (outputs, inputs) of a convolution of single places; None where it is none, or steps otherwise."""
    if node is None or node.get_type_name() != "Convolution":
        return None
    weights = constant(node, 1)
    if weights is None or weights.shape[2:] != (1, 1, 1):
        return None
    facts = node.get_attributes()
    if tuple(facts["strides"]) != stride or {*facts["pads_begin"], *facts["pads_end"]} != {0}:
        return None
    return weights[:, :, 0, 0, 0]


def block_at(expand: Any) -> Found | None:
    """The block of which this is the first node, if it is wider in between than where it ends.

    Others (ir_csn_50, four times narrower) take 1.1 times as long as by OpenVINO's own convolutions.
    """
    expand_MC = pointwise(expand)
    if expand_MC is None or expand.input_value(0).get_partial_shape().is_dynamic:
        return None
    source = expand.input_value(0)
    (clips, inputs, *places), (last, expand_M) = source.get_shape(), biased(expand)
    relu = only(last)
    alone = only(relu) if relu is not None and relu.get_type_name() == "Relu" else None
    if alone is None or alone.get_type_name() != "GroupConvolution" or clips != 1:
        return None
    alone_MTHW = constant(alone, 1)
    if alone_MTHW is None or alone_MTHW.shape != (len(expand_M), 1, 1, 3, 3, 3):
        return None
    facts = alone.get_attributes()
    steps, begin, end = (tuple(facts[name]) for name in ("strides", "pads_begin", "pads_end"))
    if steps[1] != steps[2] or steps[1] > 2 or steps[0] > 3 or {*facts["dilations"]} != {1} \
            or {*begin[1:], *end[1:]} != {1}:
        return None
    last, alone_M = biased(alone)
    gate = gate_after(last)
    bend = takers(gate[1] if gate else last)
    kind = next(iter(bend)) if len(bend) == 1 else ""
    if kind not in BENDS or bend[kind].get_input_size() != 1:
        return None
    project = only(bend[kind])
    project_KM = pointwise(project)
    if project_KM is None or inputs % HALF or len(project_KM) % HALF or len(expand_M) < len(project_KM):
        return None
    last, project_K = biased(project)
    add = only(last)
    if add is None or add.get_type_name() != "Add":
        return None
    relu = only(add)
    if relu is None or relu.get_type_name() != "Relu":
        return None
    beside = add.input_value(int(add.input_value(0).get_node() == last))
    shortcut_KC, shortcut_K = None, np.zeros(1, np.float32)
    if beside != source:
        found = shortcut_of(beside, source, steps)
        if found is None:
            return None
        shortcut_KC, shortcut_K = found
    return Found(Block((*places, inputs), steps[1], steps[0], (begin[0], end[0]), kind, expand_MC, expand_M,
                       alone_MTHW[:, 0, 0], alone_M, gate[0] if gate else None, project_KM, project_K + shortcut_K,
                       shortcut_KC), source, relu)


def shortcut_of(beside: Any, source: Any, steps: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
    """The weights and biases of a convolution of single places of a block's input."""
    node = beside.get_node()
    conv = node if node.get_type_name() == "Convolution" else node.input_value(0).get_node()
    shortcut_KC = pointwise(conv, steps)
    if shortcut_KC is None or conv.input_value(0) != source:
        return None
    last, shortcut_K = biased(conv)
    return (shortcut_KC, shortcut_K) if last == node else None


def gate_after(node: Any) -> tuple[Gate, Any] | None:
    """The gate that a node's channels go through, and the node that multiplies by it."""
    seen = takers(node)
    if set(seen) != {"ReduceMean", "Multiply"}:
        return None
    mean = seen["ReduceMean"]
    axes, squeeze = constant(mean, 1), only(mean)
    squeeze_SM = pointwise(squeeze)
    if squeeze_SM is None or axes is None or sorted(axes.reshape(-1)) != [2, 3, 4] or len(squeeze_SM) > SQUEEZED:
        return None
    last, squeeze_S = biased(squeeze)
    relu = only(last)
    excite = only(relu) if relu is not None and relu.get_type_name() == "Relu" else None
    excite_MS = pointwise(excite)
    if excite_MS is None:
        return None
    last, excite_M = biased(excite)
    sigmoid = only(last)
    if sigmoid is None or sigmoid.get_type_name() != "Sigmoid" or only(sigmoid) != seen["Multiply"]:
        return None
    return Gate(squeeze_SM, squeeze_S, excite_MS, excite_M), seen["Multiply"]
