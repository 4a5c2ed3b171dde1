"""`kinema train`."""

import inspect
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.machine import (
    CACHE,
    MACHINE,
    Accelerator,
    Cache,
    ChannelsLast,
    Compile,
    GradientCheckpointing,
    Workers,
)
from kinema.cli.output import command, fail, say
from kinema.cli.recipe import parameters, recipes_of
from kinema.errors import KinemaError

if TYPE_CHECKING:
    from kinema.machine import Machine


def train_options(
    data: Annotated[str | None, typer.Argument(help="folder with a class per sub-folder, csv or official list")] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="a name; `kinema models` lists them")] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="the run's folder, or the folder of several runs \\[default: runs/MODEL]"),
    ] = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option("--recipe", "-r", help="a YAML file; options go before what it says. Or several, in turn"),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="train anew; else the run goes on where it stopped")
    ] = False,
    accelerator: Accelerator = "auto",
    devices: Annotated[str, typer.Option(help="processes here, one a device, or auto", rich_help_panel=MACHINE)] = "1",
    nodes: Annotated[int, typer.Option(min=1, help="machines (torchrun, SLURM)", rich_help_panel=MACHINE)] = 1,
    workers: Workers = None,
    cache: Cache = CACHE,
    save_every: Annotated[
        int | None,
        typer.Option(min=1, help="steps between checkpoints \\[default: an epoch]", rich_help_panel=MACHINE),
    ] = None,
    channels_last: ChannelsLast = None,
    compile: Compile = False,
    gradient_checkpointing: GradientCheckpointing = False,
) -> None:
    """The options that are not the recipe's."""


@command
def train(**given: Any) -> None:
    """Train a network on labelled clips. The same command again goes on where the run stopped.

    For few clips what no option says is chosen by how many there are, and told.

    Examples:

      kinema train clips/

      kinema train clips/ --model tam-resnet18 --out runs/first

      kinema train clips/ --recipe recipes/surv-fight.yaml --split fold=0 --seed 1 --out runs/fold0

      kinema train list.csv -m i3d-resnet50 --frames 16 --size 224 --start runs/first --out runs/longer

      kinema train data/mini-ssv2 -r recipes/paper/mini-ssv2-8.yaml -r recipes/paper/mini-ssv2-16.yaml
    """
    from kinema.training.suited import suit
    from kinema.training.train import train as run_training

    bases, restart = given.pop("recipe") or [], given.pop("restart")
    machine = machine_of(given)
    try:
        recipes = recipes_of(bases, given)
    except KinemaError as error:
        fail(str(error), code=2)
    if not bases:
        recipe, chosen = suit(recipes[0], [name for name, value in given.items() if value not in (None, [])], restart)
        recipes = [recipe]
        if chosen:
            say(chosen)
    for recipe in recipes:
        run = run_training(recipe, machine, restart=restart)
        say(f"Trained {run.recipe.model}: {run.path}")
    say(f"Next: kinema evaluate {quote(str(run.path))}")


def machine_of(given: dict[str, Any]) -> "Machine":
    """The machine that a command's options name; they are taken out of what was given."""
    from kinema.machine import Machine

    return Machine(
        accelerator=given.pop("accelerator"),
        devices=_devices(given.pop("devices")),
        nodes=given.pop("nodes"),
        workers=given.pop("workers"),
        cache_gigabytes=given.pop("cache"),
        save_every=given.pop("save_every"),
        channels_last=given.pop("channels_last"),
        compile=given.pop("compile"),
        gradient_checkpointing=given.pop("gradient_checkpointing"),
    )


def machine_options() -> list[inspect.Parameter]:
    """The options that `machine_of` reads."""
    own = inspect.signature(train_options).parameters.values()
    return [one for one in own if any(getattr(extra, "rich_help_panel", None) == MACHINE
                                      for extra in one.annotation.__metadata__)]


def _devices(text: str) -> int | str:
    return int(text) if text.isdigit() else text


_signature = inspect.signature(train_options)
_parameters = [*_signature.parameters.values(), *parameters()]
train.__signature__ = _signature.replace(  # type: ignore[attr-defined]
    parameters=[parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in _parameters]
)
train.__annotations__ = {parameter.name: parameter.annotation for parameter in _parameters}
