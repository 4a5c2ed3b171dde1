"""`kinema export`."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from kinema.cli.output import command, print_json, say, spare


@command
def export(
    network: Annotated[str, typer.Argument(help="folder of a run, a checkpoint's id or a file of weights")],
    out: Annotated[
        Path | None,
        typer.Argument(help="the file: .onnx, .xml (OpenVINO), .pt (TorchScript) or .pt2 (torch.export); "
                            "\\[default: the run's name, here]", show_default=False),
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="onnx, openvino, torchscript or pt2 \\[default: by the file's ending]")
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="ONNX and OpenVINO: in int8, calibrated on the run's training clips")
    ] = False,
    stream: Annotated[bool, typer.Option("--stream", help="frame by frame, with the state: a causal network")] = False,
    cameras: Annotated[int, typer.Option(min=1, help="streams that are fed together")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Write a network for other runtimes, once it gives the network's own answers: to noise, and to a run's validation
    clips. Beside it lie a .json of what goes in, what comes out and the labels, and an example that runs it.

    Examples:

      kinema export runs/first first.onnx

      kinema export runs/first --to openvino --int8

      kinema export runs/causal camera.xml --stream
    """
    from kinema.inference.export import export as write
    from kinema.inference.export.check import Agreement
    from kinema.inference.export.example import facts_of
    from kinema.inference.export.write import path_of

    path = path_of(network, to, out)
    spare(str(path), network)
    facts = write(network, path, stream, cameras, int8)
    if as_json:
        print_json(facts)
        return
    frames = "a stream" if stream else "clips"
    say(f"{path}: {facts['model']} of {frames} in {facts['precision']}, {len(facts['inputs'])} in and "
        f"{len(facts['outputs'])} out; {facts_of(path, facts['format'])} says how they are used.")
    checked = dict(facts["checked"])
    noise = checked.pop("noise")
    if noise is not None:
        say(f"Beside the network: on noise, logits within {noise:.1e} of their spread.")
    if checked:
        say(f"Beside the network: {Agreement(**checked)}.")
    if facts["example"]:
        say(f"An example: python {quote(str(path.with_name(facts['example'])))} VIDEO")
