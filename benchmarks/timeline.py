"""Timelines measured: 20 minutes put together from `figures`, and fights among quiet clips; writes docs/timeline.md.

python -m benchmarks.timeline [--out .timeline] [--seeds 0 1 2] [--minutes 20] [--folds 0 1 2 3 4] [--only PART]

Figures: for each seed a set is made, a network is trained on it, a temporal head and thresholds are learnt from its
training and validation clips alone (`kinema timeline-train`), and a film is put together from clips of the test side,
whose rooms neither has seen. Between the clips lies nothing: noise, or (harder) rooms without a person and moving
shapes, which the films that it learns from do not have. Fights: each of five source-wise folds is a film of fights
with quiet clips between them, found by a network that was trained on the other four. What is there is not made again.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.results import ROOT, measured_by, put
from benchmarks.timeline_films import Gap, fights_film, figures_film, noise, quiet_places
from kinema import evaluate, train
from kinema.data.synthetic import make, synthetic_spec
from kinema.machine import Machine
from kinema.recipe import read_recipe
from kinema.runs import Run
from kinema.timeline import Localizer, Segment, TemporalMAP, temporal_map, train_timeline, write
from kinema.timeline.learnt import METHODS, Learnt

PAGE = ROOT / "docs" / "timeline.md"
MACHINE = Machine(accelerator="cpu", channels_last=True)
HEADING = ["| between | seed | by | segments | mAP@0.3 | 0.4 | 0.5 | 0.6 | 0.7 | recall | false alarms/h | promised |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]


def judge(run: Path, films: dict[str, list[Segment]], method: str) -> tuple[TemporalMAP, str]:
    """What one method reaches on films, and what recall and false alarms an hour its thresholds promised."""
    localizer = Localizer(run, "cpu", method)
    found = {name: localizer(name) for name in films}
    for name, timeline in found.items():
        write(timeline, Path(name).with_name(f"{Path(name).stem}-{method}.html"))
    lasts = sum(timeline.end_seconds - timeline.start_seconds for timeline in found.values())
    assert localizer.thresholds is not None
    promised = f"{localizer.thresholds.recall:.0%}, {localizer.thresholds.false_alarms_per_hour:.1f}"
    return temporal_map(films, {name: timeline.segments for name, timeline in found.items()}, lasts), promised


def row(name: str, seed: str, method: str, found: TemporalMAP, promised: str) -> str:
    """A row of the table."""
    means = " | ".join(f"**{mean:.3f}**" if tiou == 0.5 else f"{mean:.3f}"
                       for tiou, mean in zip(found.tious, found.means, strict=True))
    return (f"| {name} | {seed} | {method} | {found.true} | {means} | {found.recall:.1%} | "
            f"{found.false_alarms_per_hour:.1f} | {promised} |")


def figures(out: Path, seed: int, minutes: float, clips: int) -> list[str]:
    """The rows of one seed."""
    data = make(synthetic_spec("figures", clips=clips, seed=seed), out / f"figures-{seed}")
    shapes = make(synthetic_spec("motion", clips=240, seed=seed), out / f"motion-{seed}")
    run = out / f"run-{seed}"
    train(read_recipe(ROOT / "recipes" / "figures.yaml", data=str(data), out=str(run), seed=seed), MACHINE)
    top1 = evaluate(run, machine=MACHINE).top1
    started = time.perf_counter()
    learnt = Learnt.of(run) or train_timeline(run, device="cpu")
    print(f"seed {seed}: top-1 {top1:.1%}; {learnt.footage}, in {time.perf_counter() - started:.0f} s", flush=True)
    gaps: dict[str, Gap] = {"noise": noise, "rooms, shapes": quiet_places(sorted(shapes.glob("*/*.mp4")))}
    rows = []
    for name, gap in gaps.items():
        film = out / f"film-{seed}-{name.split(',')[0]}.mp4"
        truth = figures_film(Run.open(run).split().test, film, minutes, seed, gap)
        for method in METHODS:
            found, promised = judge(run, {str(film): truth}, method)
            rows.append(row(name, f"{seed} (top-1 {top1:.1%})", method, found, promised))
            print(rows[-1], flush=True)
    return rows


def fights(out: Path, videos: Path, folds: Sequence[int]) -> list[str]:
    """The rows of each fold, and of all together."""
    rows, kept = [], dict[str, list[tuple[TemporalMAP, str]]]()
    for fold in folds:
        run = out / f"fights-{fold}"
        recipe = read_recipe(ROOT / "recipes" / "surv-fight.yaml", data=str(videos / "surv-fight"),
                             split=f"fold={fold}", out=str(run))
        train(replace(recipe, validation=0.2), MACHINE)
        if Learnt.of(run) is None:
            train_timeline(run, quiet=["noFight"], device="cpu")
        test = Run.open(run).split().test
        film = out / f"fights-{fold}.mp4"
        truth = fights_film(test, film, test.labels.index("noFight"), fold)
        for method in METHODS:
            found, promised = judge(run, {str(film): truth}, method)
            kept.setdefault(method, []).append((found, promised))
            rows.append(row("quiet clips", f"fold {fold}", method, found, promised))
            print(rows[-1], flush=True)
    for method, each in kept.items():
        means = [sum(values) / len(each) for values in zip(*(found.means for found, _ in each), strict=True)]
        true, found_all, hits = (sum(getattr(found, name) for found, _ in each) for name in ("true", "found", "hits"))
        hours = sum(found.seconds for found, _ in each) / 3600
        told = " | ".join(f"**{mean:.3f}**" if place == 2 else f"{mean:.3f}" for place, mean in enumerate(means))
        rows.append(f"| quiet clips | mean of folds | {method} | {true} | {told} | {hits / true:.1%} | "
                    f"{(found_all - hits) / hours:.1f} | - |")
    return rows


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / ".timeline")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--clips", type=int, default=2160, help="of the set of figures")
    parser.add_argument("--videos", type=Path, default=ROOT.parent / "shared" / "videos")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="of the fights")
    parser.add_argument("--only", choices=["figures", "fights"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.only != "fights":
        rows = [row for seed in options.seeds for row in figures(options.out, seed, options.minutes, options.clips)]
        put("figures", "\n".join([*HEADING, *rows, "", measured_by("benchmarks.timeline")]), PAGE)
    if options.only != "figures":
        rows = fights(options.out, options.videos, options.folds)
        put("fights", "\n".join([*HEADING, *rows, "", measured_by("benchmarks.timeline")]), PAGE)


if __name__ == "__main__":
    main()
