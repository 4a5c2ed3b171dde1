"""Options that name the clips on which runs are judged, alike in all commands that judge."""

from typing import Annotated

import typer

Data = Annotated[str | None, typer.Option(help="other clips with the same class names \\[default: a run's test side]")]
Format = Annotated[str | None, typer.Option(help="format of --data; recognised where not given")]
Root = Annotated[str | None, typer.Option(help="folder that the paths in --data are relative to")]
Split = Annotated[
    str | None, typer.Option(help="side of a run (train, validation, test); with --data: fold=0, split=val")
]
