"""`kinema expand`."""

import inspect
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.machine import CACHE, Accelerator, Cache, Workers
from kinema.cli.output import command, fail, print_json, say, say_aside, table
from kinema.cli.recipe import parameters, recipe_of
from kinema.errors import KinemaError

if TYPE_CHECKING:
    from kinema.expansion import Candidate

WALK = "Expansion"
USUAL = {"model": "x3d_s", "frames": 2, "stride": 8, "sampling": "dense"}  # of a walk, where nothing else is said
FACTORS = ("frames", "stride", "pixels", "width", "bottleneck", "depth")


def expand_options(
    data: Annotated[str | None, typer.Argument(help="folder with a class per sub-folder, csv or official list")] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="an X3D \\[default: x3d_s]")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="the folder \\[default: expansions/MODEL]")] = None,
    recipe: Annotated[str | None, typer.Option("--recipe", "-r", help="a YAML file that each network is trained by; "
                                               "options go before what it says")] = None,
    width: Annotated[float, typer.Option(min=0.1, help="the start's factor", rich_help_panel=WALK)] = 1.0,
    bottleneck: Annotated[float, typer.Option(min=0.1, help="the start's factor", rich_help_panel=WALK)] = 1.0,
    depth: Annotated[float, typer.Option(min=0.1, help="the start's factor", rich_help_panel=WALK)] = 1.0,
    target: Annotated[
        float | None, typer.Option(min=0, help="GMACs of a clip at which it ends \\[default: 16 times the start's]",
                                   rich_help_panel=WALK)] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="expansions after which it ends", rich_help_panel=WALK)] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="runs of each network, averaged", rich_help_panel=WALK)] = 1,
    axis: Annotated[
        list[str] | None, typer.Option(help="grow along this axis; several times; else all six", rich_help_panel=WALK)
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="train nothing: show the networks that the published factors make",
                           rich_help_panel=WALK)] = False,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="runs at a time, each with its share of the processors \\[default: 1; of a Ray "
                     "cluster, as many as it has GPUs, or processors]", rich_help_panel=WALK),
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="address of a Ray cluster that does the runs, or local", rich_help_panel=WALK)
    ] = None,
    accelerator: Accelerator = "auto",
    workers: Workers = None,
    cache: Cache = CACHE,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """The options that are not the recipe's."""


@command
def expand(**given: Any) -> None:
    """Grow a tiny X3D: each step trains a network of twice the cost along each of six axes and goes on from the best.

    The axes are duration (a longer part of the video), rate (more frames of the same part), resolution, width,
    bottleneck and depth. The best is chosen by validation clips; the networks it went through are then tested once.
    Writes expansion.csv and expansion.png into --out. The same command again goes on where it stopped.

    Examples:

      kinema expand clips/ --size 56 --epochs 20 --target 0.1 --processes 2

      kinema expand clips/ --frames 4 --stride 6 --seeds 3 --axis rate --axis resolution --out expansions/two

      kinema expand --published
    """
    from kinema.expansion.axes import AXES
    from kinema.expansion.walk import Walk
    from kinema.expansion.walk import expand as run_walk
    from kinema.expansion.written import row_of, totals
    from kinema.machine import Machine

    as_json = given.pop("as_json")
    if given.pop("published"):
        show_published(as_json)
        return
    how = {name: given.pop(name) for name in ("processes", "ray")}
    machine = Machine(given.pop("accelerator"), workers=given.pop("workers"), cache_gigabytes=given.pop("cache"))
    told = {name: given.pop(name) for name in ("width", "bottleneck", "depth", "target", "steps", "seeds")}
    told["axes"], base = tuple(given.pop("axis") or AXES), given.pop("recipe")
    if base is None:
        given |= {name: value for name, value in USUAL.items() if given[name] is None}
    try:
        recipe = recipe_of(base, given)
    except KinemaError as error:
        fail(str(error), code=2)
    out = Path(given["out"] or f"expansions/{recipe.model}")
    walk = Walk(replace(recipe, out=str(out)), **told)
    found: list[Candidate] = []
    for found in run_walk(walk, out, **how, machine=machine, quiet=as_json):
        if not found[0].tests:
            say_aside(line(next(one for one in reversed(found) if one.chosen)))
    if as_json:
        print_json({"networks": [row_of(one) for one in found], **totals(found)})
        return
    table("Expansion", ("step", "axis", "", "clip", "width", "bottleneck", "depth", "GMACs", "parameters", "validation",
                        "test"), [cells(one) for one in found])
    whole = totals(found)
    say(f"{whole['networks']} networks trained in {whole['runs']} runs: {whole['training_gmacs']:,.0f} GMACs "
        "in all (forward, backward as two forwards, validation once an epoch)")
    say(str(out / "expansion.csv"))
    say(str(out / "expansion.png"))


def line(one: "Candidate") -> str:
    """Where the walk is, in words."""
    size = one.size
    return (f"step {one.step}: {one.axis}, {size.frames} frames {size.stride} apart of {size.pixels} pixels, width "
            f"{size.width:g}, bottleneck {size.bottleneck:g}, depth {size.depth:g}; {one.gmacs:.4g} GMACs, validation "
            f"{one.accuracy:.1f}%")


def cells(one: "Candidate") -> tuple[str, ...]:
    """A row of the table."""
    size, tests = one.size, one.tests
    return (str(one.step), one.axis, "*" if one.chosen else "", f"{size.frames}x{size.stride}, {size.pixels} px",
            f"{size.width:g}", f"{size.bottleneck:g}", f"{size.depth:g}", f"{one.gmacs:.4g}", f"{one.parameters:,}",
            f"{one.accuracy:.1f}%", f"{sum(tests) / len(tests):.1f}%" if tests else "")


def show_published(as_json: bool) -> None:
    """Print the networks that the published factors make."""
    from kinema.expansion.cost import published

    found = published()
    if as_json:
        print_json([{"name": name, **{factor: getattr(size, factor) for factor in FACTORS}, "gmacs": cost.gmacs,
                     "parameters": cost.parameters} for name, (size, cost) in found.items()])
        return
    table("Published expansions", ("name", *FACTORS, "GMACs", "parameters"), [
        (name, *(f"{getattr(size, factor):g}" for factor in FACTORS), f"{cost.gmacs:.3f}", f"{cost.parameters:,}")
        for name, (size, cost) in found.items()])


_signature = inspect.signature(expand_options)
_parameters = [*_signature.parameters.values(), *parameters()]
expand.__signature__ = _signature.replace(  # type: ignore[attr-defined]
    parameters=[parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in _parameters]
)
expand.__annotations__ = {parameter.name: parameter.annotation for parameter in _parameters}
