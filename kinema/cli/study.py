"""`kinema study`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kinema.cli.machine import CACHE, Accelerator, Cache, GradientCheckpointing, Workers
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
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="runs at a time, each with its share of the processors \\[default: 1; of a Ray "
                     "cluster, as many as it has GPUs, or processors]"),
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="address of a Ray cluster for the runs, or local; pip install 'kinema\\[ray]'")
    ] = None,
    accelerator: Accelerator = "auto",
    workers: Workers = None,
    cache: Cache = CACHE,
    gradient_checkpointing: GradientCheckpointing = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Train and judge every recipe of a study, each once, into one table (results.csv, .parquet) and its figures.

    Each run has one device. Where several share a CPU each reads its clips itself; else as many processes read as it
    has processors, at most 8; unless --workers says otherwise. The same command again goes on where it stopped.

    Examples:

      kinema study run recipes/study.yaml --processes 2

      kinema study run recipes/study.yaml --ray auto --out /shared/studies/first
    """
    from kinema.machine import Machine
    from kinema.study.figures import draw
    from kinema.study.grid import read_study
    from kinema.study.results import read_results, result_of, short
    from kinema.study.run import run_study

    folder = Path(out or f"studies/{Path(study).stem}")
    machine = Machine(
        accelerator, workers=workers, cache_gigabytes=cache, gradient_checkpointing=gradient_checkpointing
    )
    rows = run_study(read_study(study, folder), folder, processes, ray, machine)
    if as_json:
        print_json(rows)
    else:
        columns = "data", "network", "frames", "sampling", "pretrained", "seed", "protocol", "classes", "top-1"
        table("Results", columns, [
            (short(row["data"]), result_of(row).network, str(row["frames"]), row["sampling"], row["pretrained"] or "-",
             str(row["seed"]), row["protocol"], row["classes"] or "all",
             f"{row['top1']:.1f}% [{row['top1_low']:.1f}, {row['top1_high']:.1f}]") for row in rows])
        say(str(folder / "results.csv"))
    if not (folder / "results.parquet").is_file():
        say_aside("results.parquet is left out: pip install 'kinema[parquet]'.")
    drawn, left_out = draw(read_results(folder / "results.csv", say_aside), folder / "figures")
    if not as_json:
        tell(drawn, left_out)


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
    from kinema.study.figures import draw
    from kinema.study.results import read_results, usual

    rows = read_results(results, say_aside)
    found = contributions(usual(rows))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        table("Contributions of space and of time", ("data", "module", "spatial", "temporal", "temporal with -tp"), [
            (one.data, one.module, str(one.spatial), str(one.temporal), str(one.temporal_tp)) for one in found])
    counts = {one.spatial.count for one in found}
    if not found:
        say_aside("No module stands beside tsn, so there is nothing to hold it against.")
    elif len(counts) > 1 or 0 in counts:
        say_aside(f"Means are over {min(counts)} to {max(counts)} pairs of networks: the table is not whole.")
    drawn, left_out = draw(rows, Path(out or f"studies/{Path(results).stem}"))
    if not as_json:
        tell(drawn, left_out)


@app.command()
@command
def figures(
    results: Annotated[list[str], typer.Argument(help="tables of results, own and published, drawn as one")],
    out: Annotated[str, typer.Option("--out", "-o", help="folder of the figures and of tables.md")] = "figures",
) -> None:
    """Draw the figures and write the tables of a study of networks (Chen et al., arXiv:2010.11757).

    Accuracy over cost, over frames, over clips; uniform against dense sampling; temporal pooling; I3D step by step;
    depth in time. What the rows say nothing of is left out, and told.

    Examples:

      kinema study figures studies/first/results.csv --out figures

      kinema study figures studies/first/results.csv published.json --out figures
    """
    from kinema.study.figures import draw
    from kinema.study.results import read_results

    tell(*draw([row for path in results for row in read_results(path, say_aside)], Path(out)))


@app.command()
@command
def findings(
    results: Annotated[str, typer.Argument(help="the table of a study: results.csv or .parquet")],
    out: Annotated[str | None, typer.Option("--out", "-o", help="write them as markdown too")] = None,
    motion: Annotated[str, typer.Option(help="the data set whose time tells")] = "motion",
    scene: Annotated[str, typer.Option(help="the data set whose places tell")] = "scene",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say of each published finding whether it holds in a study: holds, does not hold, or undecided.

    Each number has a 95 % interval: Student's over the seeds (three at least, in pairs), widened by the bootstrap over
    the videos' sources where the runs are still there. A finding holds if all of its intervals lie where it says,
    does not hold if one lies elsewhere altogether, and is else undecided.

    Rows need data, module, backbone, tp, frames, sampling and top1, a seed each, and where it is not as usual protocol,
    classes, where, options and input; milliseconds for what is said of speed. --motion and --scene are names of data,
    without folder and ending; few clips are in motion-few and scene-few. A study's `groups` make the rows of classes
    that are asked about: of the motion data, order (classes that only the order of frames tells apart, in pairs) and
    change (that several frames tell apart in any order). What no row says is "not measured" and undecided.
    recipes/study.yaml has them all.

    Examples:

      kinema study findings studies/study/results.csv

      kinema study findings results.csv --motion ssv2 --scene kinetics --json
    """
    from kinema.study.findings import findings as judged
    from kinema.study.findings import markdown
    from kinema.study.measure import Table
    from kinema.study.results import read_results

    found = judged(Table(read_results(results, say_aside), {"motion": motion, "scene": scene}))
    if out is not None:
        Path(out).write_text(markdown(found), encoding="utf-8")
    if as_json:
        print_json([one.to_dict() for one in found])
        return
    for one in found:
        say(f"{one.verdict}: {one.sentence}")
        for part in one.parts:
            say(f"  {part.text}")


def tell(drawn: list[Path], left_out: dict[str, str]) -> None:
    """Say what was written, and what was not."""
    for path in drawn:
        say(str(path))
    if left_out:
        say_aside("Left out: " + "; ".join(f"{name} ({why})" for name, why in left_out.items()) + ".")
