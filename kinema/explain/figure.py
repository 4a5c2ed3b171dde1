"""Clips on a plane, drawn: a colour for each class, a cross for each wrong answer.

Axes in names: N clips.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinema.data.clips import ClipTable
from kinema.errors import KinemaError
from kinema.explain.projection import ClipFeatures
from kinema.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED = 20  # classes that a legend names
ENDINGS = (".png", ".pdf", ".svg")


def draw(
    found: ClipFeatures, places_N2: np.ndarray, labels: Sequence[str], wrong_N: np.ndarray, title: str
) -> "Figure":
    """The figure; `wrong_N` says which clips get a cross. Of more than 20 classes the legend names the first."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise KinemaError("Figures need matplotlib: pip install 'kinema[explain]'.") from error
    figure = Figure(figsize=(7.6, 5.6), layout="constrained")
    axis = figure.subplots()
    classes = [number for number in range(len(labels)) if (found.true_N == number).any()]
    shades = matplotlib.colormaps["tab10" if len(classes) <= 10 else "tab20" if len(classes) <= NAMED else "turbo"]
    for place, number in enumerate(classes):
        shade: Any = shades(place) if len(classes) <= NAMED else shades(place / (len(classes) - 1))
        label = labels[number] if place < NAMED else None
        for marker, part_N in (("o", ~wrong_N), ("x", wrong_N)):
            chosen_N = (found.true_N == number) & part_N
            if chosen_N.any():
                x_N, y_N = places_N2[chosen_N].T
                axis.scatter(x_N, y_N, s=18 if marker == "o" else 24, marker=marker, color=[shade],
                             linewidths=0 if marker == "o" else 1.2, alpha=0.85)
        axis.scatter([], [], s=18, color=[shade], label=label)
    unnamed_N = found.true_N < 0
    axis.scatter(places_N2[unnamed_N, 0], places_N2[unnamed_N, 1], s=10, color="#999999",
                 label="without a label" if unnamed_N.any() else None)
    if wrong_N.any():
        axis.scatter([], [], s=24, marker="x", color="#444444", label="answered wrongly")
    axis.set(title=title, xticks=[], yticks=[])
    more = f"{len(classes)} classes, {NAMED} of them:" if len(classes) > NAMED else None
    figure.legend(loc="outside right upper", frameon=False, fontsize=8, title=more, title_fontsize=8)
    return figure


def write(figure: "Figure", path: Path) -> None:
    """Write a figure as .png, .pdf or .svg."""
    check_ending(path)
    write_atomic(path, lambda out: figure.savefig(out, dpi=140, format=path.suffix.lower()[1:]))


def check_ending(path: Path) -> None:
    """Raise KinemaError for a file that is none that figures are written as."""
    if path.suffix.lower() not in ENDINGS:
        raise KinemaError(f"Figures are written as {', '.join(ENDINGS)}; {path.name} ends otherwise.")


def write_places(
    found: ClipFeatures, places_N2: np.ndarray, table: ClipTable, answers: Sequence[str], path: Path
) -> None:
    """Write the places of the clips as csv: path, true class, the network's answer, x, y."""

    def rows(out: Path) -> None:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["path", "label", "answer", "x", "y"])
            for number, true, best, (x, y) in zip(found.numbers, found.true_N, found.best_N, places_N2, strict=True):
                label = table.labels[true] if true >= 0 else ""
                writer.writerow([table.rows[number].path, label, answers[best], f"{x:.4f}", f"{y:.4f}"])

    write_atomic(path, rows)
