"""The table and the figure of benchmarks/pretrain.py.

Axes: R arms' seeds, N test clips, B resamples.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import pretrain_data as data
from kinema.evaluation.intervals import Estimate, groups_of, resample_weights, sums_by_group
from kinema.study.claims import Measured
from kinema.study.plots import panels

PAIRS = (  # what is compared with what
    ("cnn weak", "cnn scratch"), ("cnn weak", "cnn scratch longer"), ("vit masked", "vit scratch"),
    ("vit masked", "vit scratch longer"), ("colours weak", "colours scratch"),
)


class Panel(NamedTuple):
    """A question: its title, what is along the axis, and where there is the arm that others are measured against."""

    title: str
    unit: str
    base: float
    shared: str = "cnn weak"
    scratch: str = "cnn scratch"


PANELS = {
    "amount": Panel("amount of data", "clips to pre-train on", data.POOL),
    "coverage": Panel("coverage of the target's labels", "of the target's 9 actions among the labels",
                      len(data.ACTIONS)),
    "length": Panel("length at equal total minutes", "seconds of a video", 3.0),
    "vocabulary": Panel("size of the vocabulary", "labels", len(data.ACTIONS)),
    "frames": Panel("clip against image", "frames of a pre-training clip", 6, "colours weak", "colours scratch"),
}
LOGARITHMIC = ("amount", "length", "vocabulary")
RESAMPLES = 4000


def over_seeds(values_RN: np.ndarray, sources: tuple[str, ...]) -> Estimate:
    """The mean of values of clips under several seeds, and its 95 % interval, as that of a study's findings: Student's
    over the seeds beside the bootstrap over sources."""
    groups_N = groups_of(values_RN.shape[1], sources)
    sums_GR = sums_by_group(values_RN.T, groups_N)
    count_G = np.bincount(groups_N).astype(np.float64)
    means_BR = np.concatenate([(weights_BG @ sums_GR) / (weights_BG @ count_G)[:, None]
                               for weights_BG in resample_weights(len(sums_GR), RESAMPLES)])
    number = Measured({seed: np.concatenate([[values_RN[seed].mean()], means_BR[:, seed]])
                       for seed in range(len(values_RN))}).number()
    return Estimate(number.value, number.low, number.high)


def points(estimate: Estimate, signed: bool = True) -> str:
    """An estimate in percent, with its interval."""
    form = "{:+.1f}" if signed else "{:.1f}"
    value, low, high = (form.format(100 * each) for each in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})"


def write_docs(
    folder: Path, rows: list[dict[str, Any]], hits: dict[str, np.ndarray], sources: tuple[str, ...]
) -> None:
    """Write pretrain.md and, once there is a sweep, pretrain.svg; of what is there so far."""
    swept = any(row["panel"] in PANELS for row in rows)
    if swept:
        draw(folder / "pretrain.svg", rows, hits, sources)
    seeds = len({row["seed"] for row in rows})
    lines = [
        "# Pre-training without labels", "",
        "What `kinema train --loss softmax` on labels mined from captions (`kinema data labels`) and `kinema pretrain` "
        f"bring to a tenth of `figures` ({round(data.SHARE * 0.8 * data.TARGET)} training clips, another tenth for "
        f"each of {seeds} seeds; {rows[0]['clips']} test clips of other sources). `python -m benchmarks.pretrain` "
        f"measures it; {rows[-1]['date']}, commit {rows[-1]['commit']}.", "",
        f"The footage is {data.POOL} made-up clips of other sources. Of their captions {data.MISSING:.0%} do not name "
        f"the action, {data.WRONG:.0%} name another one, {data.EXTRA:.0%} name one more; actions are said in two ways "
        "each, as phrases or hashtags, between words that say nothing. Masked pre-training sees no caption. *Longer* "
        "is training from scratch for three times the epochs. Networks see differences of grey frames, on which a few "
        "hundred steps teach them something; *colours* is the convolutional network on colours, which learns from "
        "five times as many clips shown. Intervals are 95 %: Student's over the seeds beside the bootstrap over test "
        "sources.", "",
        "| network | fine-tuned from | top-1 (%) |", "| --- | --- | --- |",
    ]
    pairs = [pair for pair in PAIRS if {*pair} <= hits.keys()]
    for name in dict.fromkeys(name for pair in pairs for name in pair[::-1]):
        model = next(row["model"] for row in rows if row["arm"] == name) + " on colours" * name.startswith("colours")
        lines.append(f"| {model} | {name.partition(' ')[2]} | {points(over_seeds(hits[name], sources), False)} |")
    lines += ["", "| difference, paired by seed and clip | points |", "| --- | --- |"]
    for one, other in pairs:
        difference = over_seeds(hits[one] - hits[other], sources)
        lines.append(f"| {one} - {other.partition(' ')[2]} | {points(difference)} |")
    if swept:
        lines += sweeps(rows, hits, sources)
    (folder / "pretrain.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sweeps(rows: list[dict[str, Any]], hits: dict[str, np.ndarray], sources: tuple[str, ...]) -> list[str]:
    """The lines of the five questions."""
    lines = [
        "", "## Five questions", "",
        "Each weak pre-training of tam-resnet_tiny in a panel shows the same number of clips. The line is training "
        "from scratch. One frame has no differences: the last question is asked on colours.", "",
        "![five sweeps](pretrain.svg)", "",
        "| question | at | top-1 (%) | against the shared point |", "| --- | --- | --- | --- |",
    ]
    for key, panel in PANELS.items():
        for place, name in places(key, rows) if panel.shared in hits else ():
            own = points(over_seeds(hits[name], sources), False)
            against = "" if name == panel.shared else points(over_seeds(hits[name] - hits[panel.shared], sources))
            lines.append(f"| {panel.title} | {place:g} {panel.unit} | {own} | {against} |")
    return lines


def places(panel: str, rows: list[dict[str, Any]]) -> list[tuple[float, str]]:
    """The points of a panel and the arms there, the shared one among them."""
    found = {float(row["place"]): str(row["arm"]) for row in rows if row["panel"] == panel}
    return sorted({**found, float(PANELS[panel].base): PANELS[panel].shared}.items())


def draw(path: Path, rows: list[dict[str, Any]], hits: dict[str, np.ndarray], sources: tuple[str, ...]) -> None:
    """The five sweeps as one figure."""
    figure, ((*axes,),) = panels(1, len(PANELS))
    for axis, (key, panel) in zip(axes, PANELS.items(), strict=True):
        if panel.shared not in hits:
            continue
        known = [(place, over_seeds(hits[name], sources)) for place, name in places(key, rows)]
        value = np.array([[100 * each.value, 100 * each.low, 100 * each.high] for _, each in known])
        spread = np.abs(value[:, 1:].T - value[:, 0])
        axis.errorbar([place for place, _ in known], value[:, 0], spread, marker="o", capsize=3, color="#2a9d8f")
        scratch = 100 * float(hits[panel.scratch].mean())
        axis.axhline(scratch, color="#4c5a6b", linestyle="--", linewidth=1, label="from scratch")
        axis.set(title=panel.title, xlabel=panel.unit, ylabel="top-1 (%)")
        if key in LOGARITHMIC:
            axis.set_xscale("log")
        axis.set_xticks([place for place, _ in known], [f"{place:g}" for place, _ in known])
        axis.minorticks_off()
    axes[0].legend(frameon=False)
    low, high = (pick(axis.get_ylim()[side] for axis in axes) for side, pick in ((0, min), (1, max)))
    for axis in axes:
        axis.set_ylim(low, high)
    figure.savefig(path)
