"""`kinema profile`: what a network costs, and where the time of a training goes."""

import inspect
from pathlib import Path
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
from kinema.cli.output import command, fail, print_json, say, say_aside, table
from kinema.cli.recipe import parameters, parse_option, recipe_of
from kinema.errors import KinemaError

if TYPE_CHECKING:
    from kinema.evaluation.profile import Cost
    from kinema.recipe import Recipe
    from kinema.runs import Run

OF_COST = ("model", "frames", "size", "options")  # what a network's cost depends on


def profile_options(
    model: Annotated[str | None, typer.Argument(help="a name; `kinema models` lists them")] = None,
    classes: Annotated[int, typer.Option(min=1, help="classes to tell apart")] = 400,
    frames: Annotated[int | None, typer.Option(min=1, help="frames of the clip")] = None,
    size: Annotated[str | None, typer.Option(help="side of the clip in pixels, or HEIGHTxWIDTH")] = None,
    options: Annotated[list[str] | None, typer.Option("--option", help="of the temporal module: taps=5")] = None,
    pipeline: Annotated[
        str | None, typer.Option(help="a run, a recipe's YAML file, or clips: time their training instead")
    ] = None,
    recipe: Annotated[str | None, typer.Option("--recipe", "-r", help="a YAML file, for the pipeline's clips")] = None,
    steps: Annotated[int, typer.Option(min=1, help="steps of the training to time, twice")] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    accelerator: Accelerator = "auto",
    workers: Workers = None,
    cache: Cache = CACHE,
    channels_last: ChannelsLast = None,
    compile: Compile = False,
    gradient_checkpointing: GradientCheckpointing = False,
) -> None:
    """The options that are not the recipe's."""


@command
def profile(classes: int, pipeline: str | None, steps: int, as_json: bool, **given: Any) -> None:
    """Count a network's parameters and the multiply-adds of one clip (convolutions and matrix products).

    Where clips have optical flow, how long it takes to find on this machine is measured beside that.

    With --pipeline, train for a few steps instead and say where the time goes: reading a clip (open, decode, resize,
    flow, augment, collate) and a step of the loop (waiting for clips, forward, backward, optimizer). All options of
    `kinema train` that tell how to train may be given. Nothing is kept.

    Examples:

      kinema profile i3d-resnet50 --frames 32 --size 256

      kinema profile tam-resnet50 --option taps=5 --json

      kinema profile --pipeline clips/

      kinema profile tam-resnet18 --pipeline clips/ --batch 8 --workers 4 --cache 0

      kinema profile --pipeline clips/ --recipe recipes/surv-fight.yaml

      kinema profile --pipeline runs/first
    """
    machine = {name: given.pop(name) for name in MACHINE_OPTIONS}
    told = {name: value for name, value in given.items() if value not in (None, [])}
    if pipeline is not None:
        show_pipeline(pipeline, told, machine, steps, as_json)
        return
    if beyond := [name for name in told if name not in OF_COST]:
        fail(f"--{beyond[0].replace('_', '-')} tells how to train, so it goes with --pipeline DATA.", code=2)
    if "model" not in told:
        fail("Expected the name of a network, or --pipeline with a run, a recipe or clips.", code=2)
    show_cost(told, classes, as_json)


def show_cost(told: dict[str, Any], classes: int, as_json: bool) -> None:
    """Count, and print what was counted."""
    from kinema import profile as cost_of
    from kinema.evaluation.flow_cost import flow_seconds
    from kinema.models.clip import parse_size

    options = dict(parse_option(text) for text in told.get("options", []))
    size = parse_size(told["size"]) if "size" in told else None
    cost = cost_of(told["model"], frames=told.get("frames"), size=size, classes=classes, **options)
    flow = flow_seconds(cost.clip)
    if as_json:
        print_json({**facts(told["model"], cost), "flow_seconds": flow})
        return
    table(told["model"], ("what", "value"), [
        ("clip", cost.clip.sides),
        ("parameters", f"{cost.parameters:,}"),
        ("GMACs", f"{cost.gmacs:.3f}"),
        ("weights (float32)", f"{cost.parameters * 4 / 1e6:.1f} MB"),
        *([("flow", f"{flow:.3g} s")] if flow else []),
    ])


def show_pipeline(
    source: str, told: dict[str, Any], machine: dict[str, Any], steps: int, as_json: bool
) -> None:
    """Time a training, and print where its time went."""
    from kinema.clock import LOOP, READING
    from kinema.machine import Machine
    from kinema.training.bottleneck import advice, bottleneck
    from kinema.training.pipeline import time_pipeline

    cache = machine.pop("cache")
    if not as_json:
        say_aside(f"Training for {steps} steps{', without kept clips and then with them' if cache else ''}.")
    timed = time_pipeline(trained(source, told, as_json), Machine(cache_gigabytes=cache, **machine), steps)
    if as_json:
        print_json({**timed.to_dict(), "bottleneck": bottleneck(timed), "advice": advice(timed)})
        return
    columns = {"first epoch": timed.first} if timed.later else {"any epoch": timed.first}
    if timed.later:
        columns["later epochs"] = timed.later
    rows = [("read a clip", words, *(f"{column.clip_ms.get(name, 0):.2f}" for column in columns.values()))
            for name, words in READING.items() if name in timed.first.clip_ms]
    rows += [(f"a step of {timed.batch} clips", words, *(f"{column.step_ms[name]:.1f}" for column in columns.values()))
             for name, words in {**LOOP, "rest": "all else"}.items() if name in timed.first.step_ms]
    table(timed.model, ("of", "stage", *(f"{name}, ms" for name in columns)), rows)
    say(f"{timed.workers} processes read, each with 1 thread; the loop has {timed.threads} threads and the device "
        f"{timed.device}; {timed.processors} processors. {timed.first.steps} steps timed"
        f"{f', then {timed.later.steps}' if timed.later else ''}.")
    if timed.later:
        say(f"All training clips take about {timed.kept_gigabytes:.2g} GB of the cache's {timed.cache_gigabytes:g}.")
    say(bottleneck(timed))
    say(advice(timed))


def trained(source: str, told: dict[str, Any], quiet: bool) -> "Recipe | Run":
    """What is to be timed: a run as it was trained, or the recipe that `kinema train` would have."""
    from kinema.runs import Run
    from kinema.training.suited import suit

    run, base = Path(source) / "run.json", told.pop("recipe", None)
    if run.is_file() and not told:
        return Run.open(source)
    try:
        if run.is_file() or Path(source).suffix in (".yaml", ".yml"):
            return recipe_of(str(run.with_name("recipe.yaml")) if run.is_file() else source, told)
        recipe = recipe_of(base, {**told, "data": source})
    except KinemaError as error:
        fail(str(error), code=2)
    if base:
        return recipe
    recipe, chosen = suit(recipe, list(told), restart=True)
    if chosen and not quiet:
        say(chosen)
    return recipe


_own = list(inspect.signature(profile_options).parameters.values())
_parameters = [*_own, *(one for one in parameters() if one.name not in OF_COST)]
MACHINE_OPTIONS = [one.name for one in _own if any(getattr(extra, "rich_help_panel", None) == MACHINE
                                                   for extra in one.annotation.__metadata__)]
profile.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in _parameters]
)
profile.__annotations__ = {parameter.name: parameter.annotation for parameter in _parameters}


def facts(name: str, cost: "Cost") -> dict[str, Any]:
    """What was counted, in plain values."""
    return {"name": name, "clip": cost.clip.to_dict(), "parameters": cost.parameters, "gmacs": cost.gmacs}
