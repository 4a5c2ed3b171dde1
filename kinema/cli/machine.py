"""Options that several commands share: where networks run, and how fast."""

from typing import Annotated

import typer

MACHINE = "Machine"
Accelerator = Annotated[str, typer.Option(help="auto, cpu, cuda or mps", rich_help_panel=MACHINE)]
Workers = Annotated[int | None, typer.Option(min=0, help="processes that read clips", rich_help_panel=MACHINE)]
Cache = Annotated[
    float, typer.Option(min=0, help="gigabytes of decoded clips kept; 0: off", rich_help_panel=MACHINE)
]
GradientCheckpointing = Annotated[
    bool, typer.Option("--gradient-checkpointing", help="less memory, a third more time", rich_help_panel=MACHINE)
]
ChannelsLast = Annotated[
    bool | None,
    typer.Option("--channels-last/--no-channels-last", help="memory layout \\[default: the quicker one on a CPU]",
                 rich_help_panel=MACHINE),
]
Compile = Annotated[bool, typer.Option("--compile", help="torch.compile the network", rich_help_panel=MACHINE)]
CACHE = 4.0  # gigabytes
