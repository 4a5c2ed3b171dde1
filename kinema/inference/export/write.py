"""Writing a network for another runtime. Axes: N clips or cameras, C channels, T frames, H rows, W columns."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

import kinema
from kinema.errors import KinemaError
from kinema.evaluation.calibration import Calibration
from kinema.files import read_kept, write_json
from kinema.inference.engines.fold import folded
from kinema.inference.engines.stepping import Flat, beginning
from kinema.inference.export.check import must_agree, on_clips, on_noise
from kinema.inference.export.example import example_of, facts_of, program_of
from kinema.inference.export.formats import FORMATS, Names, as_json, format_of
from kinema.inference.export.int8 import check_can_be_int8, write_int8
from kinema.inference.source import Source, clip_seconds_of, opened, several_labels
from kinema.inference.windows import window_seconds
from kinema.models import Network
from kinema.models.streaming import Steps
from kinema.runs import Run


def export(
    source: Source, path: str | Path, stream: bool = False, cameras: int = 1, int8: bool = False
) -> dict[str, Any]:
    """Write a network as .onnx (ONNX), .xml (OpenVINO), .pt (TorchScript) or .pt2 (torch.export).

    Beside it lie NAME_FORMAT.json of what goes in, what comes out, the labels and how the file was checked, which is
    also returned, and an example that runs it. A clip's file takes clip_NCTHW, prepared as the .json's `clip` says,
    and gives logits_NK. A stream's takes frame_NC1HW, how many frames came before, and what it gave for the last frame:
    before the first, tensors that hold the .json's `begins`. `int8`: weights and activations of a run's network in
    int8, calibrated on its training clips. Before anything is written it is held against the network, on noise and on
    a run's validation clips. KinemaError where that fails, or the suffix or a package does not fit; ModelError where
    the network cannot be fed frame by frame.
    """
    path = Path(path)
    name = format_of(path)
    if (beside := facts_of(path, name)).exists() and "outputs" not in read_kept(beside):
        raise KinemaError(f"{beside}, which is no export's, would be written over; choose another name than "
                          f"{path.name}.")
    network, run = opened(source, "cpu")
    if int8:
        check_can_be_int8(name, network, run, stream)
    layer, inputs, names = of_stream(network, cameras) if stream else of_clips(network)
    facts = {"model": network.name, "format": name, "precision": "int8" if int8 else "fp32", "stream": stream,
             "inputs": entering(inputs, names), "outputs": list(names[1]), "clip": network.clip.to_dict(),
             "labels": list(network.labels), "multi_label": several_labels(source, run), **of_run(network, source, run),
             "kinema": kinema.__version__}
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".export") as folder:
        made = Path(folder) / path.name
        if int8 and run is not None:
            write_int8(name, network, run, made, names, as_json(facts))
        else:
            FORMATS[name].write(layer, tuple(inputs), made, names, as_json(facts))
        answer = FORMATS[name].run(made)
        noise = None if int8 else on_noise(layer, inputs, answer)
        clips = on_clips(run, network, answer) if run is not None and not stream else None
        must_agree(noise, clips, int8)
        example = example_of(path, facts)
        for file in sorted(Path(folder).iterdir()):
            file.replace(path.parent / file.name)
    program = program_of(path, name)
    if example is not None:
        program.write_text(example, encoding="utf-8")
    facts |= {"checked": {"noise": noise} | (clips._asdict() if clips else {}),
              "example": program.name if example else None}
    write_json(beside, facts)
    return facts


def of_clips(network: Network) -> tuple[nn.Module, list[torch.Tensor], Names]:
    """The network of a clip, a clip, and the names of what goes in and out."""
    return folded(network), [torch.zeros(1, *network.clip.shape_CTHW)], [["clip"], ["logits"]]


def of_stream(network: Network, cameras: int) -> tuple[nn.Module, list[torch.Tensor], Names]:
    """The step of a network, what it sees first, and the names of what goes in and out."""
    steps, spec = Steps(network), network.clip
    kept = beginning(steps, cameras)
    layer = Flat(steps, kept).eval()
    row = list(layer.row(kept))
    frame_NC1HW = torch.zeros(cameras, spec.channels, 1, spec.height, spec.width)
    numbers = range(len(row))
    return layer, [frame_NC1HW, torch.zeros(()), *row], [
        ["frame", "count", *(f"state_{number}" for number in numbers)],
        ["logits", *(f"next_{number}" for number in numbers)]]


def entering(inputs: list[torch.Tensor], names: Names) -> list[dict[str, Any]]:
    """What goes in, as the .json tells it."""
    found: list[dict[str, Any]] = [
        {"name": name, "shape": list(tensor.shape)} for name, tensor in zip(names[0], inputs, strict=True)]
    for entry, tensor in zip(found[2:], inputs[2:], strict=True):
        entry["begins"] = str(float(tensor.flatten()[0]))  # zero, or what a pool takes for nothing: -inf
    return found


def of_run(network: Network, source: Source, run: Run | None) -> dict[str, Any]:
    """How scores are made of logits, and how far apart the frames of a clip are."""
    seconds = window_seconds(network.clip, clip_seconds_of(source, run))
    return {"temperature": Calibration.of(run.path).temperature if run else 1.0,
            "frame_seconds": seconds / network.clip.frames}


def path_of(source: str, to: str | None, path: Path | None) -> Path:
    """Where a network is written: where it is asked for, or a file with its name, here, in the format asked for."""
    from kinema.inference.export.formats import suffix_of

    if path is None and to is None:
        raise KinemaError(f"Name a file to write, such as {Path(source).stem}.onnx, or --to {', '.join(FORMATS)}.")
    if path is None:
        return Path(f"{Path(source).absolute().name}{suffix_of(to or '')}")
    if to is not None and path.suffix != suffix_of(to):
        raise KinemaError(f"--to {to} is written as {suffix_of(to)}, and {path.name} ends otherwise; leave one away.")
    return path
