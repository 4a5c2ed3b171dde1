"""A run's network in int8 for another runtime, by NNCF."""

import logging
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from kinema.errors import KinemaError
from kinema.inference.engines.fold import folded
from kinema.inference.engines.int8 import calibration_clips, check_int8, int8_model
from kinema.inference.engines.onnx import Names, onnx_program
from kinema.inference.export.formats import FACTS, FORMATS, save_openvino
from kinema.models import Network
from kinema.runs import Run


def check_can_be_int8(name: str, network: Network, run: Run | None, stream: bool) -> None:
    """KinemaError where a network cannot be written in int8."""
    if not FORMATS[name].int8:
        able = " and ".join(each for each, kind in FORMATS.items() if kind.int8)
        raise KinemaError(f"int8 is written as {able}, not as {name}.")
    if stream:
        raise KinemaError("A stream is written in float32: what it remembers would lose more with each frame.")
    check_int8(network, run)
    if name == "onnx" and find_spec("onnx") is None:
        raise KinemaError("int8 as ONNX needs onnx: pip install 'kinema[onnx]'.")


def write_int8(name: str, network: Network, run: Run, path: Path, names: Names, facts: str) -> None:
    """Write a run's network with weights and activations in int8, calibrated on its training clips."""
    if name == "openvino":
        save_openvino(int8_model(run, network), path, names, facts)
        return
    import onnx

    logging.getLogger("nncf").setLevel(logging.ERROR)
    import nncf

    nncf.set_log_level(logging.ERROR)
    program = onnx_program(folded(network), (torch.zeros(1, *network.clip.shape_CTHW),), names)
    attends = any(isinstance(layer, nn.LayerNorm) for layer in network.modules())
    clips = [{names[0][0]: clip_1CTHW.float().numpy()} for clip_1CTHW in calibration_clips(run, network)]
    with redirect_stdout(sys.stderr):
        made = nncf.quantize(program.model_proto, nncf.Dataset(clips), preset=nncf.QuantizationPreset.MIXED,
                             subset_size=len(clips), model_type=nncf.ModelType.TRANSFORMER if attends else None)
    onnx.helper.set_model_props(made, {FACTS: facts})
    onnx.save(made, path)
