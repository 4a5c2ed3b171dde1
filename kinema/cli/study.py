"""`kinema study`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kinema.cli.output import command, print_json, say, say_aside, table

app = typer.Typer(no_args_is_help=True, help="Tables of results, and what they say.")


@app.callback()
def main() -> None:
    """Tables of results, and what they say."""


@app.command()
@command
def run(
    study: Annotated[str, typer.Argument(help="a study: a grid in .yaml, or a .py file that defines recipes")],
    out: Annotated[str | None, typer.Option("--out", "-o", help="its folder \\[default: studies/NAME]")] = None,
    processes: Annotated[int, typer.Option(min=1, help="runs at a time, each with its share of the processors")] = 1,
    ray: Annotated[
        str | None, typer.Option(help="address of a Ray cluster that does the runs, or local; pip install kinema[ray]")
    ] = None,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Train and judge every recipe of a study, each once, into one table (results.csv and .parquet) and its figures.

    The same command again goes on where it stopped.

    Examples:

      kinema study run recipes/study.yaml --processes 2

      kinema study run recipes/study.yaml --ray auto --out /shared/studies/first
    """
    from kinema.study.grid import read_study
    from kinema.study.run import run_study

    folder = Path(out or f"studies/{Path(study).stem}")
    rows = run_study(read_study(study, folder), folder, processes, ray, accelerator)
    if as_json:
        print_json(rows)
        return
    table("Results", ("model", "frames", "seed", "protocol", "top-1"), [
        (row["model"], str(row["frames"]), str(row["seed"]), row["protocol"],
         f"{row['top1']:.1f}% [{row['top1_low']:.1f}, {row['top1_high']:.1f}]") for row in rows])
    say(str(folder / "results.csv"))


@app.command()
@command
def replay(
    results: Annotated[str, typer.Argument(help="a table of results: .json, .csv or .parquet, own or published")],
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="folder of the figures \\[default: studies/NAME]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say what space and time contribute to the accuracies of a table, and draw its figures.

    A row needs data, module, backbone, tp, frames and top1; gmacs, parameters, sampling and seed are used where there
    are any. The rows of tsn without temporal pooling are what the others are held against.

    Examples:

      kinema study replay results.csv --out studies/first
    """
    from kinema.study.contributions import contributions
    from kinema.study.plots import draw
    from kinema.study.results import read_results

    rows = read_results(results)
    found = contributions(rows)
    drawn = draw(rows, Path(out or f"studies/{Path(results).stem}"))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        table("Contributions of space and of time", ("data", "module", "spatial", "temporal", "temporal with -tp"), [
            (one.data, one.module, str(one.spatial), str(one.temporal), str(one.temporal_tp)) for one in found])
        for path in drawn:
            say(str(path))
    counts = {one.spatial.count for one in found}
    if not found:
        say_aside("No module stands beside tsn, so there is nothing to hold it against.")
    elif len(counts) > 1 or 0 in counts:
        say_aside(f"Means are over {min(counts)} to {max(counts)} pairs of networks: the table is not whole.")
