"""`kinema expand` on `motion` and on `scene`: which axes are picked first? Writes docs/expand.md and its figures.

python -m benchmarks.expand [--steps 3] [--seeds 1] [--processes 1] [--out runs/expand] [--kinds motion scene]

Each network is trained on one thread for each process, once: the same command goes on where it stopped, and with more
`--steps` goes further. Axes are picked by validation clips; test clips are looked at once, for the networks gone
through.
"""

import argparse
import datetime
import os
import shutil
import subprocess
from math import hypot
from pathlib import Path

import numpy as np

from kinema.data.synthetic import make, synthetic_spec
from kinema.data.transforms import Augment
from kinema.evaluation.compare import difference
from kinema.evaluation.predictions import Predictions
from kinema.expansion import Candidate, Walk, expand
from kinema.expansion.axes import TEMPORAL
from kinema.expansion.written import totals
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.study.claims import reach

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "expand.md"
SETS = {"motion": {"clips": 1600, "difficulty": 0.0}, "scene": {"clips": 960, "difficulty": 0.6}}  # seed 0
RECIPE = Recipe(
    "", model="x3d_s", frames=2, stride=2, size=24, sampling="dense", epochs=8, batch=16, lr=0.004, warmup=3.0,
    weight_decay=0.01, dropout=0.0, validation=0.4, options={"hidden": 128},
    augment=Augment(crop="stretch", flip=False),
)
SOLVED = 95.0  # percent
DEPTH = 0.5  # of the start: seven blocks
EXPECTED = {"motion": "a temporal axis", "scene": "another axis than a temporal one"}
HEAD = """# Expansion: which axis helps first

Written by `{command}`, commit {commit}, {date}. A tiny X3D (two frames two apart, 24 pixels, width 1, bottleneck 1,
depth 0.5, 128 channels before the classifier) grows, by {steps} step(s) of about twice the cost, on 1,600 clips of
`motion` (difficulty 0, so that short trainings learn anything) and on 960 of `scene` (difficulty 0.6),
seed 0: 12 frames of 64 x 64 pixels, a fifth of the sources for the test, two in
five of the others for validation. Each network is trained for {epochs}
epochs from random weights, with {seeds}, and the best on validation clips is gone on from; test clips are looked at
once, for the networks gone through. Accuracies are top-1 of one clip, dense, in the middle, in percent. The
multiply-adds of a training are those of its forward passes, backward passes as two forwards, and one validation an
epoch.
"""


def walked(kind: str, given: argparse.Namespace) -> list[Candidate]:
    """The networks of a walk on a made-up data set."""
    data = make(synthetic_spec(kind, **SETS[kind]), given.out / "data" / kind, workers=1)
    recipe = Recipe.from_dict({**RECIPE.to_dict(), "data": os.path.relpath(data)})
    found: list[Candidate] = []
    for found in expand(Walk(recipe, depth=DEPTH, steps=given.steps, seeds=given.seeds), given.out / kind,
                        given.processes, machine=Machine(accelerator="cpu")):
        print(kind, found[-1].step, [(one.axis, round(one.accuracy, 1)) for one in found if one.chosen], flush=True)
    return found


def lead(candidates: list[Candidate], step: int) -> tuple[Candidate, Candidate, tuple[float, float, float]]:
    """The best temporal and the best other candidate of a step, and how much better the first is, in points.

    With its 95 % interval: Student's over the seeds, where there are several, beside the bootstrap over the sources of
    the validation clips, as the sides of a right angle.
    """
    own = [one for one in candidates if one.step == step]
    sides = [[one for one in own if (one.axis in TEMPORAL) is temporal] for temporal in (True, False)]
    best = [max(side, key=lambda one: one.accuracy) for side in sides]
    seeds = [difference(*(Predictions.load(Path(one.runs[seed]) / "evaluation" / "validation.npz") for one in best))
             for seed in range(len(best[0].runs))]
    value = float(np.mean([one.estimate.value for one in seeds]))
    half = float(np.mean([(one.estimate.high - one.estimate.low) / 2 for one in seeds]))  # of the same clips
    if len(seeds) > 1:
        half = hypot(half, reach([one.estimate.value for one in seeds]))
    return best[0], best[1], (100 * value, 100 * (value - half), 100 * (value + half))


def said(kind: str, candidates: list[Candidate]) -> str:
    """A section of the page."""
    path, whole = [one for one in candidates if one.chosen], totals(candidates)
    axes = [one.axis for one in path[1:]]
    holds = (axes[0] in TEMPORAL) == (kind == "motion")
    rises = [round(one.accuracy, 1) for one in path]
    lines = [f"## {kind}", "", f"Picked: **{', '.join(axes)}**. Expected first: {EXPECTED[kind]}; "
             f"{'so it is' if holds else 'it is not so'}.", ""]
    for step in range(1, path[-1].step + 1):
        time, other, (value, low, high) = lead(candidates, step)
        clear = "clear of 0" if low > 0 or high < 0 else "within what chance does"
        lines.append(f"- Step {step}: the better temporal axis ({time.axis}) has {value:+.1f} points [{low:+.1f}, "
                     f"{high:+.1f}] over the best other one ({other.axis}): {clear}.")
    if path[0].accuracy > SOLVED:
        lines.append(f"- The start has {path[0].accuracy:.1f} already, so that no axis has anything to add: what is "
                     "picked says nothing of the data.")
    lines += [f"- Validation along the path: {' -> '.join(map(str, rises))} "
              f"({'each step improves' if rises == sorted(set(rises)) else 'not every step improves'}).",
              f"- {whole['networks']} networks in {whole['runs']} runs, {whole['training_gmacs']:,.0f} GMACs of "
              "training.",
              "", f"![{kind}](expand-{kind}.png)", "",
              "| step | axis | picked | clip | width | bottleneck | depth | GMACs | parameters | validation | test |",
              "|---|---|---|---|---|---|---|---|---|---|---|"]
    for one in candidates:
        size = one.size
        test = f"{np.mean(one.tests):.1f}" if one.tests else ""
        lines.append(f"| {one.step} | {one.axis} | {'yes' if one.chosen else ''} | {size.frames} frames {size.stride} "
                     f"apart, {size.pixels} px | {size.width:g} | {size.bottleneck:g} | {size.depth:g} | "
                     f"{one.gmacs:.4f} | {one.parameters:,} | {one.accuracy:.1f} | {test} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """The walks, and the page."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--steps", type=int, default=3)
    ask.add_argument("--seeds", type=int, default=1)
    ask.add_argument("--processes", type=int, default=1)
    ask.add_argument("--out", type=Path, default=Path("runs/expand"))
    ask.add_argument("--kinds", nargs="+", choices=[*SETS], default=[*SETS])
    given = ask.parse_args()
    seeds = f"seed{'s' * (given.seeds > 1)} {', '.join(str(seed) for seed in range(given.seeds))}"
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    page = [HEAD.format(command=f"python -m benchmarks.expand --steps {given.steps} --seeds {given.seeds}",
                        commit=commit.strip(), date=datetime.date.today(), steps=given.steps, epochs=RECIPE.epochs,
                        seeds=seeds)]
    for kind in given.kinds:
        page.append(said(kind, walked(kind, given)))
        shutil.copy(given.out / kind / "expansion.png", PAGE.with_name(f"expand-{kind}.png"))
        PAGE.write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
