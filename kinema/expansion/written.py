"""What a walk leaves to look at: a table of its networks, and their accuracy over their cost."""

import csv
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from kinema.expansion.axes import AXES
from kinema.expansion.candidate import START, Candidate
from kinema.files import write_atomic
from kinema.study.plots import OTHERS, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE, FIGURE = "expansion.csv", "expansion.png"


def write(candidates: list[Candidate], out: Path) -> None:
    """Write the table and the figure into a folder."""
    rows = [row_of(one) for one in candidates]

    def as_csv(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    write_atomic(out / TABLE, as_csv)
    write_atomic(out / FIGURE, lambda path: figure(candidates).savefig(path, dpi=130, format="png"))


def row_of(one: Candidate) -> dict[str, Any]:
    """A network as plain values: accuracies in percent, each seed's too, the cost of a clip and of the training."""
    return {
        "step": one.step, "axis": one.axis, "chosen": one.chosen, "frames": one.size.frames,
        "stride": one.size.stride, "pixels": one.size.pixels, "width": one.size.width,
        "bottleneck": one.size.bottleneck, "depth": one.size.depth, "gmacs": one.gmacs,
        "parameters": one.parameters, "validation": one.accuracy,
        "validation_seeds": " ".join(f"{value:.2f}" for value in one.accuracies),
        "test": fmean(one.tests) if one.tests else None,
        "test_seeds": " ".join(f"{value:.2f}" for value in one.tests),
        "training_gmacs": one.training_gmacs, "runs": " ".join(Path(run).name for run in one.runs),
    }


def totals(candidates: list[Candidate]) -> dict[str, float]:
    """How many networks were trained, in how many runs, and the multiply-adds of their trainings in billions."""
    return {"networks": len(candidates), "runs": sum(len(one.runs) for one in candidates),
            "training_gmacs": sum(one.training_gmacs for one in candidates)}


def figure(candidates: list[Candidate]) -> "Figure":
    """Accuracy over the multiply-adds of a clip: all networks, and the path through those that were gone on from."""
    drawn, axes = panels(1, 1)
    axis, colours = axes[0][0], {START: "black", **dict(zip(AXES, OTHERS, strict=False))}
    drawn.set_size_inches(6.4, 4.4)
    path = [one for one in candidates if one.chosen]
    axis.plot([one.gmacs for one in path], [one.accuracy for one in path], color="black", linewidth=1.2, zorder=1)
    for name, colour in colours.items():
        own = [one for one in candidates if one.axis == name]
        if own:
            axis.scatter([one.gmacs for one in own], [one.accuracy for one in own], color=colour, label=name, zorder=2,
                         s=[52 if one.chosen else 20 for one in own], edgecolor="black",
                         linewidth=[1.2 if one.chosen else 0 for one in own])
    for one in path:
        axis.annotate(one.axis, (one.gmacs, one.accuracy), (0, 8), textcoords="offset points", color=colours[one.axis],
                      fontsize=9, ha="center")
    if any(one.tests for one in path):
        axis.plot([one.gmacs for one in path], [fmean(one.tests) for one in path], color="gray", linestyle="--",
                  linewidth=1, marker="x", markersize=5, label="path, test clips", zorder=1)
    axis.set(xscale="log", xlabel="GMACs of a clip", ylabel="top-1 of validation clips (%)")
    axis.set_xticks([one.gmacs for one in path], [f"{one.gmacs:.3g}" for one in path])
    axis.set_xticks([], minor=True)
    axis.margins(0.12)
    axis.legend(frameon=False, fontsize=8)
    return drawn
