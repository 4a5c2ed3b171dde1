"""`make surv-fight`: five networks on 240 surveillance clips, five source-wise folds, three seeds; writes
recipes/surv-fight.md.

python benchmarks/surv_fight.py [--data ../shared/videos/surv-fight] [--runs runs/surv-fight] [--modules tam i3d]

Every fold is trained as `kinema train DATA --recipe recipes/surv-fight.yaml --split fold=0 --seed 0` would, and tested
once; each such run is a line of recipes/surv-fight.csv. A run that is there is not repeated, so the command goes on
where it stopped.
"""

import argparse
import csv
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from kinema import evaluate, train
from kinema.evaluation.intervals import groups_of, percentiles, resampled_sums
from kinema.training.machine import Machine
from kinema.training.recipe import Recipe, read_recipe

ROOT = Path(__file__).parents[1]
RECIPE, LOG, TABLE = (ROOT / "recipes" / f"surv-fight.{ending}" for ending in ("yaml", "csv", "md"))
MODULES = ("tsn", "tsm", "tam", "i3d", "s3d")
SEEDS, FOLDS = (0, 1, 2), (0, 1, 2, 3, 4)
COLUMNS = ("model", "seed", "fold", "clips", "right", "seconds", "commit", "date")


def fold_recipe(data: str, runs: Path, module: str, seed: int, fold: int) -> Recipe:
    """The recipe of one fold."""
    base = read_recipe(RECIPE)
    backbone = base.model.partition("-")[2]
    return read_recipe(
        RECIPE,
        data=data,
        model=f"{module}-{backbone}",
        split=f"fold={fold}",
        seed=seed,
        out=str(runs / f"{module}-{seed}-{fold}"),
    )


def run_fold(recipe: Recipe, views: int) -> None:
    """Train a fold and test it, once."""
    out = Path(recipe.out)
    named = "test.npz" if views == 1 else f"test-{views}x1.npz"
    if (out / "evaluation" / named).is_file():
        return
    started = time.monotonic()
    train(recipe, Machine(accelerator="cpu", workers=1, channels_last=True), quiet=True)
    seconds = time.monotonic() - started
    found = evaluate(recipe.out, views=views, machine=Machine(accelerator="cpu", workers=1))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    new = not LOG.exists()
    with LOG.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        fold = (recipe.split or "").partition("=")[2]
        writer.writerow(
            (
                recipe.model,
                recipe.seed,
                fold,
                found.n,
                round(found.top1 * found.n),
                f"{seconds:.0f}",
                commit,
                time.strftime("%Y-%m-%d"),
            )
        )
    print(f"{out.name}: {found.top1:.1%} of {found.n} clips, {seconds:.0f} s", flush=True)


def pooled(runs: Path, module: str, seed: int, views: int) -> tuple[np.ndarray, list[str]] | None:
    """Whether each of the 240 clips was answered rightly by the network that never saw its source; and the sources."""
    from kinema.evaluation.result import Evaluation

    right, sources = [], []
    for fold in FOLDS:
        path = runs / f"{module}-{seed}-{fold}" / "evaluation" / ("test.json" if views == 1 else f"test-{views}x1.json")
        if not path.is_file():
            return None
        found = Evaluation.load(path)
        right.append(found.predictions.scores_NK().argmax(1) == found.predictions.targets)
        sources += [str(row.source) for row in found.table.rows]
    return np.concatenate(right), sources


def table(runs: Path, modules: list[str], views: int) -> list[str]:
    """A row for each network: the accuracy of each seed, their mean, and its interval by resampling sources."""
    lines = [
        "| network | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " | mean | 95 % interval |",
        "| --- |" + " --- |" * (len(SEEDS) + 2),
    ]
    for module in modules:
        found = [pooled(runs, module, seed, views) for seed in SEEDS]
        done = [each for each in found if each is not None]
        if not done:
            continue
        by_clip_N = np.mean([right_N for right_N, _ in done], axis=0)  # the clips come in the same order for every seed
        groups_N = groups_of(len(by_clip_N), done[0][1])
        sums_B2 = resampled_sums(np.stack([by_clip_N, np.ones(len(by_clip_N))], 1), groups_N, resamples=10_000)
        low, high = percentiles(sums_B2[:, 0] / sums_B2[:, 1])
        seeds = " | ".join("-" if each is None else f"{each[0].mean():.1%}" for each in found)
        lines.append(f"| {module} | {seeds} | **{by_clip_N.mean():.1%}** | {low:.1%} to {high:.1%} |")
    return lines


def seconds_by_model() -> str:
    """How long a fold took, as a median per network."""
    if not LOG.exists():
        return "nothing run yet"
    spent = defaultdict(list)
    with LOG.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            spent[row["model"]].append(float(row["seconds"]))
    return ", ".join(f"{model} {np.median(values):.0f} s" for model, values in spent.items())


def write_table(runs: Path, modules: list[str], views: int) -> str:
    """Put the table into recipes/surv-fight.md, between its two marks; the words around it stay."""
    text = TABLE.read_text(encoding="utf-8")
    head, _, rest = text.partition("<!-- table -->\n")
    _, _, tail = rest.partition("<!-- /table -->")
    lines = [*table(runs, modules, views), "", f"Median time of a training on two cores: {seconds_by_model()}."]
    TABLE.write_text(head + "<!-- table -->\n" + "\n".join(lines) + "\n<!-- /table -->" + tail, encoding="utf-8")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, seed by seed, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "videos" / "surv-fight"))
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "surv-fight")
    parser.add_argument("--modules", nargs="+", default=list(MODULES))
    parser.add_argument("--views", type=int, default=1)
    parser.add_argument("--only-table", action="store_true", help="run nothing")
    chosen = parser.parse_args()
    for seed in () if chosen.only_table else SEEDS:
        for module in chosen.modules:
            for fold in FOLDS:
                run_fold(fold_recipe(chosen.data, chosen.runs, module, seed, fold), chosen.views)
            write_table(chosen.runs, chosen.modules, chosen.views)
    print(write_table(chosen.runs, chosen.modules, chosen.views))


if __name__ == "__main__":
    main()
