"""`kinema models`."""

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
        print_json([{**facts(name, cost), "sized_by": sized_by(name)} for name, cost in costs])
        return
    table(
        "Networks",
        ("name", "clip", "no other", "parameters", "GMACs"),
        [(name, clip_text(cost), ", ".join(sized_by(name)), f"{cost.parameters / 1e6:.2f} M", f"{cost.gmacs:.3f}")
         for name, cost in costs],
    )


def clip_text(cost: "Cost") -> str:
    """Frames, rows and columns of a clip."""
    clip = cost.clip
    return f"{clip.frames}x{clip.height}x{clip.width}"


def facts(name: str, cost: "Cost") -> dict[str, Any]:
    """What was counted, in plain values."""
    return {
        "name": name,
        "clip": cost.clip.to_dict(),
        "parameters": cost.parameters,
        "gmacs": cost.gmacs,
    }
