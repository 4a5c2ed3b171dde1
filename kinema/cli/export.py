"""`kinema export`."""

from pathlib import Path
from typing import Annotated

import typer

from kinema.cli.output import command, print_json


@command
def export(
    network: Annotated[str, typer.Argument(help="folder of a run, a checkpoint's id or a file of weights")],
    out: Annotated[Path, typer.Argument(help="the file: .onnx (ONNX) or .xml (OpenVINO)")],
    stream: Annotated[bool, typer.Option("--stream", help="frame by frame, with the state: a causal network")] = False,
    cameras: Annotated[int, typer.Option(min=1, help="streams that are fed together")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Write a network for other runtimes; it is held against the network's own answers. Beside it lies a .json of what
    goes in, what comes out and the labels.

    Examples:

      kinema export runs/first first.onnx

      kinema export runs/causal camera.xml --stream
    """
    from kinema.inference.export import export as write

    facts = write(network, out, stream, cameras)
    if as_json:
        print_json(facts)
        return
    frames = "a stream" if stream else "clips"
    print(f"{out}: {facts['model']} of {frames}, {len(facts['inputs'])} in and {len(facts['outputs'])} out; "
          f"{out.with_suffix('.json')} says how they are used.")
