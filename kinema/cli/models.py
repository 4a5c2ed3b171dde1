"""`kinema models`."""

from typing import Annotated

import typer

from kinema.cli.output import command, fail, print_json, table
from kinema.progress import Progress


@command
def models(
    pattern: Annotated[str, typer.Argument(help="names that match, such as 'tam-*' or '*resnet50*'")] = "*",
    names_only: Annotated[bool, typer.Option("--names", help="names alone, without their cost")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List networks: name, clip, what of the clip cannot be another, parameters and GMACs.

    Examples:

      kinema models "tam-*"

      kinema models "*resnet50*" --json

      kinema models --names
    """
    from kinema import list_models
    from kinema.evaluation.costs import kept_costs, usual_cost
    from kinema.models import sized_by
    from kinema.models.names import expected_clip

    names = list_models(pattern)
    if not names:
        fail(f"No network matches {pattern!r}; `kinema models` lists all.")
    if names_only:
        print_json(names) if as_json else print("\n".join(names))
        return
    found = []
    new = sum(name not in kept_costs() for name in names)
    with Progress("counting", len(names), quiet=new < 5) as bar:
        for name in names:
            found.append((name, expected_clip(name), sized_by(name), *usual_cost(name)))
            bar.advance()
    if as_json:
        print_json([{"name": name, "clip": clip.to_dict(), "parameters": parameters, "gmacs": gmacs, "sized_by": sized}
                    for name, clip, sized, parameters, gmacs in found])
        return
    table("Networks", ("name", "clip", "no other", "parameters", "GMACs"), [
        (name, clip.sides, ", ".join(sized), f"{parameters / 1e6:.2f} M", f"{gmacs:.3f}")
        for name, clip, sized, parameters, gmacs in found])
