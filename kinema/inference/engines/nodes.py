"""What is asked about the nodes of an OpenVINO graph, and an operation of one's own in the place of some."""

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as ops

BEHIND, BACK = [0, 2, 3, 4, 1], [0, 4, 1, 2, 3]  # channels behind all else, which is how OpenVINO keeps them anyway


class Own(openvino.Op):
    """An operation whose `kernel` writes y_NTHWK from the arrays that go in."""

    def __init__(self, inputs: list[Any], kernel: Callable[..., None], shape_NTHWK: tuple[int, ...]) -> None:
        super().__init__(self)
        self.kernel, self.out_NTHWK = kernel, shape_NTHWK
        self.set_arguments(inputs)
        self.constructor_validate_and_infer_types()

    def validate_and_infer_types(self) -> None:
        """The shape that comes out."""
        self.set_output_type(0, openvino.Type.f32, openvino.PartialShape(list(self.out_NTHWK)))

    def clone_with_new_inputs(self, inputs: list[Any]) -> "Own":
        """The same, of other inputs."""
        return Own(inputs, self.kernel, self.out_NTHWK)

    def has_evaluate(self) -> bool:
        """It computes for itself."""
        return True

    def evaluate(self, outputs: list[Any], inputs: list[Any]) -> bool:
        """Compute."""
        self.kernel(*(each.data for each in inputs), y_NTHWK=outputs[0].data)
        return True


def put(kernel: Callable[..., None], inputs: list[Any], last: Any, shape_NTHWK: tuple[int, ...]) -> None:
    """Let a kernel that writes N T H W K give what a node of N K T H W gave to others."""
    targets = list(last.output(0).get_target_inputs())
    new = ops.transpose(Own(inputs, kernel, shape_NTHWK).output(0), np.array(BACK))
    new.set_friendly_name(last.get_friendly_name())
    for target in targets:
        target.replace_source_output(new.output(0))


def behind(value: Any) -> Any:
    """What a node gives, with its channels behind all else."""
    node = value.get_node()
    if node.get_type_name() == "Transpose" and node.input_value(0).get_node().get_type_name() == Own.__name__:
        return node.input_value(0)
    return ops.transpose(value, np.array(BEHIND)).output(0)


def constant(node: Any, index: int) -> np.ndarray | None:
    """The value of an input that is the same for all clips."""
    source = node.input_value(index).get_node()
    while source.get_type_name() in ("Convert", "Reshape") and source.get_input_size():
        source = source.input_value(0).get_node()
    shape = list(node.input_value(index).get_shape())
    return np.array(source.data).reshape(shape) if source.get_type_name() == "Constant" else None


def only(node: Any) -> Any | None:
    """The one node that takes another's output; None where several do, or none."""
    targets = list(node.output(0).get_target_inputs())
    return targets[0].get_node() if len(targets) == 1 else None


def takers(node: Any) -> dict[str, Any]:
    """The nodes that take another's output, by what they do."""
    return {each.get_node().get_type_name(): each.get_node() for each in node.output(0).get_target_inputs()}


def biased(node: Any) -> tuple[Any, np.ndarray]:
    """The last node of a convolution and of the bias that is added to it alone, and that bias."""
    outputs = node.get_output_shape(0)[1]
    after = only(node)
    if after is not None and after.get_type_name() == "Add":
        for index in (0, 1):
            value = constant(after, index)
            if value is not None and value.size == outputs and after.get_output_shape(0) == node.get_output_shape(0):
                return after, value.reshape(-1)
    return node, np.zeros(outputs, np.float32)
