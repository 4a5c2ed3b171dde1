"""A run's network in int8 by OpenVINO and NNCF, calibrated once on its own training clips and kept in its folder.

Axes: N clips, V views, C channels, T frames, H rows, W columns.
"""

import logging
import sys
from contextlib import redirect_stdout
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from kinema.data.transforms import test_transform
from kinema.errors import KinemaError
from kinema.evaluation.by_clips import spread
from kinema.evaluation.predict import EvaluationClips, NoClipsError
from kinema.files import read_kept, write_json
from kinema.inference.engines.agreement import weights_stamp
from kinema.inference.engines.fold import folded
from kinema.inference.engines.openvino import compiled_graph, converted
from kinema.machine import Machine
from kinema.models import Network
from kinema.runs import Run

CLIPS = 128  # training clips that activations are measured on, at most
GRAPH, FACTS = "int8.xml", "int8.json"  # in the run's folder


def check_int8(network: Network, run: Run | None) -> None:
    """KinemaError where a network cannot be calibrated: it is no run's, or NNCF is not installed."""
    if run is None:
        raise KinemaError(f"The precision int8 is calibrated on a run's training clips, and {network.name} was given "
                          "without a run. Expected the folder of a run that recognises videos. Nearest: "
                          "the precision bf16.")
    if run.adopted:
        raise KinemaError(f"{run.clipless}, and int8 is calibrated on a run's training clips. Nearest: the precision "
                          "bf16.")
    if find_spec("nncf") is None:
        raise KinemaError("The precision int8 needs nncf: pip install 'kinema[int8]'.")


def int8_graph(run: Run, network: Network) -> Any:
    """The compiled graph."""
    return compiled_graph(int8_model(run, network), "int8", {})


def int8_model(run: Run, network: Network) -> Any:
    """OpenVINO's graph; calibrated where the run's folder has none for its weights and clip."""
    import openvino

    facts = {"weights": weights_stamp(run), "clip": list(network.clip.shape_CTHW), "nncf": version("nncf")}
    kept = read_kept(run.path / FACTS)
    if {key: kept.get(key) for key in facts} != facts or not (run.path / GRAPH).is_file():
        clips = calibration_clips(run, network)
        made = quantised(network, clips)
        (run.path / FACTS).unlink(missing_ok=True)
        openvino.save_model(made, run.path / GRAPH, compress_to_fp16=False)
        write_json(run.path / FACTS, {**facts, "clips": len(clips)})
    return openvino.Core().read_model(run.path / GRAPH)


def calibration_clips(run: Run, network: Network) -> list[torch.Tensor]:
    """Clips (1 C T H W) from all over the run's training list, as the network sees them when it is asked.

    None is a validation or test clip. `NoClipsError` where none can be read.
    """
    table = run.split().train
    table = table.subset(spread(len(table), min(CLIPS, len(table))).tolist()) if len(table) else table
    clips = EvaluationClips(table, network.clip, (1, 1), Machine(accelerator="cpu").cache(network.clip),
                            test_transform(network.clip, 1))
    read = [views_VCTHW for _, views_VCTHW, _ in map(clips.__getitem__, range(len(clips))) if views_VCTHW is not None]
    if not read:
        raise NoClipsError(f"None of the {len(table)} training clips of {run.path} can be read, so int8 cannot be "
                           "calibrated. Nearest: the precision bf16.")
    return read


def quantised(network: Network, clips: list[torch.Tensor]) -> Any:
    """OpenVINO's graph of a network with weights and activations in int8, from what the clips make of it."""
    logging.getLogger("nncf").setLevel(logging.ERROR)
    import nncf

    nncf.set_log_level(logging.ERROR)
    attends = any(isinstance(layer, nn.LayerNorm) for layer in network.modules())
    graph = converted(folded(network), (torch.zeros(1, *network.clip.shape_CTHW),))
    with redirect_stdout(sys.stderr):  # what NNCF tells of its progress is no result
        return nncf.quantize(graph, nncf.Dataset([clip_1CTHW.float().numpy() for clip_1CTHW in clips]),
                             preset=nncf.QuantizationPreset.MIXED, subset_size=len(clips),
                             model_type=nncf.ModelType.TRANSFORMER if attends else None)
