"""`kinema models` and `kinema profile`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli.output import command, fail, print_json, say_aside, table
from kinema.progress import Progress

if TYPE_CHECKING:
    from kinema.evaluation.profile import Cost


MANY = 80  # networks that are not counted unasked: each takes about a third of a second


@command
def models(
    pattern: Annotated[str, typer.Argument(help="names that match, such as 'tam-*' or '*resnet50*'")] = "*",
    names_only: Annotated[bool, typer.Option("--names", help="names alone, without their cost")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List networks: name, clip, what of the clip cannot be another, and of not too many parameters and GMACs.

    Examples:

      kinema models "tam-*"

      kinema models "*resnet50*" --json

      kinema models --names
    """
    from kinema import list_models
    from kinema import profile as cost_of
    from kinema.models import sized_by
    from kinema.models.names import expected_clip

    names = list_models(pattern)
    if not names:
        fail(f"No network matches {pattern!r}; `kinema models` lists all.")
    if names_only:
        print_json(names) if as_json else print("\n".join(names))
        return
    if len(names) > MANY and not as_json:
        say_aside(f"{len(names)} networks; what they cost is shown for {MANY} or fewer: give a pattern, or --json.")
        clips = [expected_clip(name) for name in names]
        table("Networks", ("name", "clip", "no other"), [
            (name, f"{clip.frames}x{clip.height}x{clip.width}", ", ".join(sized_by(name)))
            for name, clip in zip(names, clips, strict=True)])
        return
    costs = []
    with Progress("counting", len(names), quiet=len(names) < 5) as bar:
        for name in names:
            costs.append((name, cost_of(name)))
            bar.advance()
    if as_json:
        print_json([{**_facts(name, cost), "sized_by": sized_by(name)} for name, cost in costs])
        return
    table(
        "Networks",
        ("name", "clip", "no other", "parameters", "GMACs"),
        [(name, _clip(cost), ", ".join(sized_by(name)), f"{cost.parameters / 1e6:.2f} M", f"{cost.gmacs:.3f}")
         for name, cost in costs],
    )


@command
def profile(
    model: Annotated[str, typer.Argument(help="a name; `kinema models` lists them")],
    frames: Annotated[int | None, typer.Option(min=1, help="frames of the clip")] = None,
    size: Annotated[str | None, typer.Option(help="side of the clip in pixels, or HEIGHTxWIDTH")] = None,
    classes: Annotated[int, typer.Option(min=1, help="classes to tell apart")] = 400,
    option: Annotated[list[str] | None, typer.Option(help="an option of the temporal module, such as taps=5")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Count a network's parameters and the multiply-adds of one clip (convolutions and matrix products).

    Where clips have optical flow, how long it takes to find on this machine is measured beside that.

    Examples:

      kinema profile i3d-resnet50 --frames 32 --size 256

      kinema profile tam-resnet50 --option taps=5 --json
    """
    from kinema import profile as cost_of
    from kinema.cli.recipe import parse_option
    from kinema.evaluation.flow_cost import flow_seconds
    from kinema.models.clip import parse_size

    options = dict(parse_option(text) for text in option or [])
    cost = cost_of(model, frames=frames, size=None if size is None else parse_size(size), classes=classes, **options)
    flow = flow_seconds(cost.clip)
    if as_json:
        print_json({**_facts(model, cost), "flow_seconds": flow})
        return
    table(
        model,
        ("what", "value"),
        [
            ("clip", _clip(cost)),
            ("parameters", f"{cost.parameters:,}"),
            ("GMACs", f"{cost.gmacs:.3f}"),
            ("weights (float32)", f"{cost.parameters * 4 / 1e6:.1f} MB"),
            *([("flow", f"{flow:.3g} s")] if flow else []),
        ],
    )


def _clip(cost: "Cost") -> str:
    clip = cost.clip
    return f"{clip.frames}x{clip.height}x{clip.width}"


def _facts(name: str, cost: "Cost") -> dict[str, Any]:
    return {
        "name": name,
        "clip": cost.clip.to_dict(),
        "parameters": cost.parameters,
        "gmacs": cost.gmacs,
    }
