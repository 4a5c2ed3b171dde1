"""Pre-training without anybody's labels, then a tenth of `figures`: writes docs/pretrain.md, .csv and .svg.

python -m benchmarks.pretrain [--work runs/pretrain] [--pilot]

On noisy labels mined from captions (`benchmarks.pretrain_data` says how wrong they are), and masked, on the same
footage without captions; each against training from scratch, paired by seed and test clip. Then five sweeps of the weak
pre-training, each at the same number of clips seen. What is finished is not repeated, so the command goes on where it
stopped; one process on one thread. `--pilot` judges the main comparison on training clips that nothing was trained on:
by it the numbers of epochs and rates here were chosen.
"""

import argparse
import csv
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import pretrain_data as data
from benchmarks.pretrain_table import write_docs
from kinema.data.clips import read_table
from kinema.data.transforms import Augment
from kinema.evaluation.metrics import hits_N
from kinema.evaluation.predictions import Predictions
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.study.grid import name_of
from kinema.study.run import finished, result_of
from kinema.training.masking import Masking
from kinema.training.pretrain import pretrain
from kinema.training.train import train

ROOT = Path(__file__).parents[1]
SEEDS = (0, 1, 2)
SEEN = 4800  # clips shown in a weak pre-training, whatever the number of different ones
SEEN_COLOURS = 24000  # in one on colours, from which a network learns later
PAINTED = 24000  # in a masked one, a clip of which costs less
STRIDE = 3  # a clip of six frames covers one of the pool's three-second videos
HERE = Machine(accelerator="cpu", workers=0)
# on colours so few steps teach neither network anything
CNN: dict[str, Any] = {"model": "tam-resnet_tiny", "input": "difference"}
COLOURS: dict[str, Any] = {"model": "tam-resnet_tiny", "input": "rgb"}
VIT: dict[str, Any] = {"model": "i3d-vit_tiny", "input": "difference", "options": {
    "patch": 8, "tubelet": 2, "positions": "sine", "readout": "mean"}}
CLIP: dict[str, Any] = {"frames": 6, "size": data.SIDE, "batch": 16, "augment": Augment(scale=(0.6, 1.0))}
TUNED: dict[str, Any] = {**CLIP, "epochs": 30, "validation": 0.0, "warmup": 2.0}
LIGHT = Masking(0.75, depth=2, normalised=False)  # of 25 places 6 are shown; still ones are noise when normalised


@dataclass(frozen=True)
class Arm:
    """One way to come to a network: its name, its panel of the figure and place there, and what pre-trains it."""

    name: str
    network: dict[str, Any]
    panel: str = ""
    place: float = 0.0
    pretrained: Callable[[Path, int], Path] | None = None  # the folder, from the work folder and a seed
    longer: int = 1  # how many times as many epochs it is fine-tuned


def weak(
    name: str, network: dict[str, Any], clips: Callable[[Path, int], tuple[list, list]], frames: int = 6,
    seen: int = SEEN, **steps: Any,
) -> Callable[[Path, int], Path]:
    """A weak pre-training on clips and by words, both of a seed."""

    def run(work: Path, seed: int) -> Path:
        listed = data.weak_list(work, name.replace(" ", "_"), seed, *clips(work, seed))
        batch = min(CLIP["batch"], len(read_table(listed)))
        epochs = max(round(seen / (len(read_table(listed)) // batch * batch)), 1)
        recipe = Recipe(str(listed), out=str(work / "weak" / f"{name.replace(' ', '_')}-{seed}"), seed=seed,
                        loss="softmax", validation=0.0, sampling="dense", stride=STRIDE,
                        epochs=epochs, **{**CLIP, "frames": frames, "batch": batch}, **network,
                        **steps)
        return train(recipe, HERE, quiet=True).path

    return run


def masked(work: Path, seed: int) -> Path:
    """A masked pre-training on the footage alone."""
    folder = data.made(work, "figures", 1)
    recipe = Recipe(str(folder), out=str(work / "masked" / str(seed)), seed=seed, sampling="dense", stride=STRIDE,
                    epochs=PAINTED // data.POOL, **CLIP, **VIT)
    return pretrain(recipe, LIGHT, HERE, quiet=True)


def of_pool(count: int = data.POOL, chatter: int = 0) -> Callable[[Path, int], tuple[list, list]]:
    """The first clips of the pool, and all actions with so many words of chatter."""
    return lambda work, seed: (data.pool(work, "figures")[:count], [*data.ACTIONS, *data.chatter()[:chatter]])


def covering(labels: int) -> Callable[[Path, int], tuple[list, list]]:
    """As many clips, of so many of the target's actions, and for the others of `motion`."""

    def chosen(work: Path, seed: int) -> tuple[list, list]:
        order = np.random.default_rng(seed).permutation(len(data.ACTIONS))
        kept = [data.ACTIONS[index] for index in order[:labels]]
        own = [(path, action, kept) for path, action, _ in data.pool(work, "figures") if action in kept]
        return [*own, *data.pool(work, "motion")[: data.POOL - len(own)]], [*kept, *data.MOTIONS]

    return chosen


def arms() -> Iterator[Arm]:
    """All that is compared."""
    base = weak("base", CNN, of_pool())
    yield Arm("cnn scratch", CNN)
    yield Arm("cnn weak", CNN, "base", pretrained=base)
    yield Arm("vit scratch", VIT, longer=2)
    yield Arm("vit masked", VIT, pretrained=masked, longer=2)
    yield Arm("vit scratch longer", VIT, longer=6)
    yield Arm("cnn scratch longer", CNN, longer=3)
    for count in (75, 300):
        yield Arm(f"amount {count}", CNN, "amount", count, weak(f"amount {count}", CNN, of_pool(count)))
    for labels in (0, 4):
        yield Arm(f"coverage {labels}", CNN, "coverage", labels, weak(f"coverage {labels}", CNN, covering(labels)))
    for pieces in (2, 4):
        def long(work: Path, seed: int, pieces: int = pieces) -> tuple[list, list]:
            return data.joined(work, pieces), list(data.ACTIONS)
        yield Arm(f"length {3 * pieces} s", CNN, "length", 3 * pieces, weak(f"length {3 * pieces}", CNN, long))
    for chatter in (36, 216):
        size = len(data.ACTIONS) + chatter
        learnt = weak(f"vocabulary {size}", CNN, of_pool(chatter=chatter))
        yield Arm(f"vocabulary {size}", CNN, "vocabulary", size, learnt)
    yield Arm("colours scratch", COLOURS)
    for frames in (6, 2, 1):
        name = "colours weak" if frames == 6 else f"colours {frames}"
        learnt = weak(name, COLOURS, of_pool(), frames, SEEN_COLOURS, lr=0.004, warmup=7.0, clip_gradient=1.0)
        yield Arm(name, COLOURS, "frames", frames, learnt)


def tuned(arm: Arm, work: Path, seed: int, judged: str) -> Recipe:
    """The fine-tuning of an arm; pre-trains it first, as far as that is not done."""
    start = arm.pretrained(work, seed) if arm.pretrained else None
    recipe = Recipe(str(data.few(work, seed, judged)), seed=seed, start=None if start is None else str(start),
                    **{**TUNED, "epochs": TUNED["epochs"] * arm.longer}, **arm.network)
    return replace(recipe, out=str(work / "tuned" / name_of(recipe)))


def hits_of(recipe: Recipe) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which test clips a run gets right, and their sources."""
    found = Predictions.load(result_of(recipe, "1x1").with_suffix(".npz"))
    return hits_N(found.scores_NK(), found.targets), found.sources or found.paths


def main() -> None:
    """Run what is missing, then write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default="runs/pretrain")
    parser.add_argument("--pilot", action="store_true")
    asked = parser.parse_args()
    work, judged = Path(asked.work), "rest" if asked.pilot else "test"
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    hits: dict[str, list[np.ndarray]] = {}
    sources: tuple[str, ...] = ()
    for arm in list(arms())[: 6 if asked.pilot else None]:
        seeds = SEEDS[:1] if asked.pilot else SEEDS
        recipes = [tuned(arm, work, seed, judged) for seed in seeds]
        for recipe in recipes:
            finished(recipe, ("1x1",), {}, "test", 1, "cpu")
            right_N, sources = hits_of(recipe)
            hits.setdefault(arm.name, []).append(right_N)
            rows.append({"arm": arm.name, "panel": arm.panel, "place": arm.place, "model": recipe.model,
                         "seed": recipe.seed, "right": int(right_N.sum()), "clips": len(right_N),
                         "commit": commit.stdout.strip(), "date": time.strftime("%Y-%m-%d")})
        print(arm.name, [f"{right_N.mean():.1%}" for right_N in hits[arm.name]], flush=True)
        if not asked.pilot:
            write_rows(rows)
            write_docs(ROOT / "docs", rows, {name: np.stack(each) for name, each in hits.items()}, sources)


def write_rows(rows: list[dict[str, Any]]) -> None:
    """Write what was measured."""
    with (ROOT / "docs" / "pretrain.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
