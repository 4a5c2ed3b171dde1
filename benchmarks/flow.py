"""What optical flow costs and how exact it is, and what streams of colour and flow know together; writes docs/flow.md.

python -m benchmarks.flow [--work runs/flow] [--only cost|streams]

The cost is measured in one thread, the streams are trained on made-up clips (`motion`) with three seeds, one after the
other; what is trained already is not trained again, so the command goes on where it stopped.
"""

import argparse
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from kinema.data.flow import find_flow, finder
from kinema.data.synthetic import make, synthetic_spec
from kinema.errors import KinemaError
from kinema.evaluation.compare import difference
from kinema.evaluation.fusion import Fusion, fuse
from kinema.evaluation.intervals import Estimate
from kinema.evaluation.predictions import Predictions
from kinema.machine import Machine
from kinema.models.clip import FLOWS
from kinema.recipe import Recipe
from kinema.training.train import train

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "flow.md"
SIZES = ((64, 64), (129, 230), (258, 459))  # pictures as they are kept for clips of 56, 112 and 224 pixels, 16 : 9
MOTIONS = ((0.5, 0.0), (2.0, -1.0), (6.0, 3.0))  # pixels of a picture of 258 rows
REPEATS = 7
SEEDS = (0, 1, 2)
HERE = Machine(accelerator="cpu", workers=0)
BASE = Recipe("", model="tsn-resnet_tiny", frames=4, size=56, epochs=20, batch=16, lr=2e-3, validation=0.15)
STREAMS = {"colour": BASE, "flow": replace(BASE, input="flow_stack5")}


def scene(height: int, width: int, right: float, down: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture of smooth noise of several sizes, and the same moved."""
    import cv2

    draws = np.random.default_rng(0)
    layers = [cv2.resize(draws.random((64 // scale + 2, 128 // scale + 2, 3)).astype(np.float32),
                         (width + 40, height + 40), interpolation=cv2.INTER_CUBIC) for scale in (1, 4, 16)]
    large = np.clip(sum(layers) / 3 * 255, 0, 255).astype(np.uint8)
    move = np.array([[1, 0, right - 20], [0, 1, down - 20]], np.float32)
    moved = cv2.warpAffine(large, move, (width, height), flags=cv2.INTER_CUBIC)
    return large[20 : 20 + height, 20 : 20 + width], moved


def cost_rows() -> list[str]:
    """Milliseconds for a field, and how far it is from the truth in the mean."""
    rows = ["| method | pictures | ms a field | error in pixels, at motions of " + ", ".join(
        f"({right:g}, {down:g})" for right, down in MOTIONS) + " |", "| --- | --- | --- | --- |"]
    for method in FLOWS:
        try:
            finder(method)
        except KinemaError:
            rows.append(f"| {method} | | | not in this build of OpenCV |")
            continue
        for height, width in SIZES:
            errors, taken = [], []
            for right, down in MOTIONS:
                truth = np.array([right, down]) * height / SIZES[-1][0]
                pair = scene(height, width, *truth)
                for _ in range(REPEATS if method != "tvl1" else 2):
                    started = time.perf_counter()
                    found_HW2 = find_flow([pair], method)[0]
                    taken.append(time.perf_counter() - started)
                errors.append(float(np.linalg.norm(found_HW2 - truth, axis=2)[8:-8, 8:-8].mean()))
            rows.append(f"| {method} | {height} x {width} | {1000 * median(taken):.1f} | "
                        f"{', '.join(f'{error:.2f}' for error in errors)} |")
    return rows


def pooled(found: list[Predictions]) -> Predictions:
    """The answers of all seeds as those to other clips of the same sources."""
    return replace(
        found[0], logits_NVK=np.concatenate([each.logits_NVK for each in found]),
        paths=tuple(f"{seed}/{path}" for seed, each in enumerate(found) for path in each.paths),
        targets=np.concatenate([each.targets for each in found]), parts=None,
        sources=tuple(source for each in found for source in each.sources or each.paths),
    )


def stream_rows(work: Path) -> list[str]:
    """Top-1 of each stream and of both together, over all seeds, and what they cost."""
    data = make(synthetic_spec("motion", clips=1200, height=64, width=64, seed=3), work / "motion")
    fusions: list[Fusion] = []
    for seed in SEEDS:
        runs = []
        for name, recipe in STREAMS.items():
            runs.append(work / f"{name}-{seed}")
            train(replace(recipe, data=str(data), seed=seed, out=str(runs[-1])), HERE)
        fusions.append(fuse(runs, machine=HERE))
    kinds = {"colour": [one.streams[0] for one in fusions], "flow": [one.streams[1] for one in fusions],
             "average": [one.average for one in fusions], "linear": [one.linear for one in fusions if one.linear]}
    answers = {name: pooled([each.predictions for each in found]) for name, found in kinds.items()}
    rows = ["| stream | top-1 of each seed | mean | over flow alone | GMACs | flow, s a clip |",
            "| --- | --- | --- | --- | --- | --- |"]
    for name, found in kinds.items():
        gain = "" if name == "flow" else points(difference(answers[name], answers["flow"]).estimate)
        rows.append(f"| {name} | {', '.join(f'{each.top1:.1%}' for each in found)} | "
                    f"**{np.mean([each.top1 for each in found]):.1%}** | {gain} | {found[0].about.gmacs:.3f} | "
                    f"{found[0].about.flow_seconds:.3f} |")
    return rows


def points(estimate: Estimate) -> str:
    """A difference in points with its interval."""
    return f"{100 * estimate.value:+.1f} [{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]"


def write(mark: str, rows: list[str]) -> None:
    """Put rows into the page, between two marks; the words around them stay."""
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
    tail = rest.partition(f"<!-- /{mark} -->")[2]
    told = [*rows, "", f"`python -m benchmarks.flow --only {mark}` at commit {commit}, {time.strftime('%Y-%m-%d')}."]
    PAGE.write_text(f"{head}<!-- {mark} -->\n" + "\n".join(told) + f"\n<!-- /{mark} -->{tail}", encoding="utf-8")
    print("\n".join(told), flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "flow")
    parser.add_argument("--only", choices=("cost", "streams"))
    chosen = parser.parse_args()
    if chosen.only != "streams":
        write("cost", cost_rows())
    if chosen.only != "cost":
        write("streams", stream_rows(chosen.work))


if __name__ == "__main__":
    main()
