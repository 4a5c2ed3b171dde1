"""Verdicts follow from numbers whose truth is known: repeated seeds, resampled videos, and margins told beforehand."""

from itertools import product
from math import isnan, sqrt
from pathlib import Path

import numpy as np
import pytest

from kinema.evaluation.predictions import Predictions
from kinema.study.claims import FAILS, HOLDS, UNDECIDED, Claim, Measured, MissingError, Number, above, below, near
from kinema.study.findings import all_findings, findings, markdown
from kinema.study.measure import Table
from kinema.study.results import Result


def measured(*values: float) -> Measured:
    return Measured({seed: np.array([value]) for seed, value in enumerate(values)})


def test_the_interval_of_seeds_is_students() -> None:
    number = measured(1.0, 2.0, 3.0).number()
    half = 4.303 / sqrt(3)
    assert (number.value, number.seeds) == (2.0, 3)
    assert (number.low, number.high) == (pytest.approx(2 - half), pytest.approx(2 + half))
    assert isnan(measured(1.0).number().low)


def test_videos_widen_the_interval_as_the_side_of_a_right_angle() -> None:
    resamples = np.linspace(-3, 7, 1001)  # 95 % of them lie within 4.75 of 2
    number = Measured({seed: np.array([value, *resamples]) for seed, value in enumerate((1.0, 2.0, 3.0))}).number()
    assert number.high - 2 == pytest.approx(sqrt(4.303**2 / 3 + 4.75**2))


def test_a_pair_of_runs_is_compared_seed_by_seed() -> None:
    one, other = measured(50, 60, 70), measured(48, 58, 68)
    assert (one - other).number() == Number(2.0, 2.0, 2.0, 3)  # what a seed does to both is no spread
    assert (one - Measured({1: np.array([50.0])})).number().seeds == 1
    with pytest.raises(MissingError):
        _ = one - Measured({7: np.array([50.0])})


@pytest.mark.parametrize(("claim", "low", "high", "verdict"), [
    (above(), 0.1, 3, HOLDS), (above(), -3, -0.1, FAILS), (above(), -1, 1, UNDECIDED), (above(5), 1, 4, FAILS),
    (above(-2), -1.5, 1, HOLDS), (below(3), -9, 2, HOLDS), (below(), 1, 2, FAILS),
    (above(), 0, 0, UNDECIDED), (below(), 0, 0, UNDECIDED), (near(5), 0, 0, HOLDS),  # both always right
    (near(5), -4, 3, HOLDS), (near(5), 6, 9, FAILS), (near(5), -9, -6, FAILS), (near(5), 3, 7, UNDECIDED),
    (near(5), -9, 9, UNDECIDED),
])
def test_a_verdict_follows_from_the_interval(claim: Claim, low: float, high: float, verdict: str) -> None:
    assert claim.verdict(Number((low + high) / 2, low, high, 3)) == verdict
    assert claim.verdict(Number((low + high) / 2, low, high, 2)) == UNDECIDED  # three seeds at least


def table(top1: dict[tuple[str, str, bool, str], float], noise: float = 0.5) -> Table:
    """Three seeds a row: top-1 by data set, module, temporal pooling and group of classes."""
    return Table([Result(data, module, "resnet_tiny", tp, 8, value + noise * (seed - 1), sampling="uniform", seed=seed,
                         classes=classes)
                  for (data, module, tp, classes), value in top1.items() for seed in range(3)])


def verdicts(found: Table) -> dict[str, str]:
    return {one.name: one.verdict for one in findings(found)}


def world(time: float, space: float, pooled: float) -> Table:
    """A world in which seeing time adds so much on motion and on scene, and temporal pooling takes or gives."""
    rows = {}
    for data, base, gain in (("motion", 40.0, time), ("scene", 70.0, space)):
        groups = ("", "order", "change") if data == "motion" else ("",)
        for classes, module in product(groups, ("tsn", "tam", "tsm", "i3d", "s3d")):
            sees = module != "tsn"
            rows[data, module, False, classes] = base + gain * sees
            rows[data, module, True, classes] = base + (gain + pooled if sees else -pooled if classes != "order" else 0)
    return table(rows)


def test_findings_of_a_world_as_published() -> None:
    found = verdicts(world(time=30, space=1, pooled=-10))
    names = ("pooling-hurts", "pooling-helps-tsn", "pooling-blind-tsn", "tsn-on-scenes", "tsn-on-motion",
             "spatial-contribution", "modules-alike", "frames-alone")
    assert {name: found[name] for name in names} == dict.fromkeys(names, HOLDS)
    assert found["dense-clips"] == found["two-stream"] == found["speed"] == UNDECIDED  # there are no such rows


def test_findings_of_another_world_do_not_hold() -> None:
    found = verdicts(world(time=2, space=20, pooled=10))
    names = ("pooling-hurts", "pooling-helps-tsn", "tsn-on-scenes", "tsn-on-motion", "spatial-contribution")
    assert {name: found[name] for name in names} == dict.fromkeys(names, FAILS)


def test_what_differs_from_seed_to_seed_is_undecided() -> None:
    rows = {("motion", module, tp, "order"): 50.0 + tp
            for module, tp in product(("tam", "tsm", "i3d", "s3d"), (False, True))}
    wild = [Result(one.data, one.module, one.backbone, one.tp, 8, one.top1 + 20 * one.tp * ((one.seed or 0) - 1),
                   sampling="uniform", seed=one.seed, classes="order") for one in table(rows).results]
    part = next(one for one in findings(Table(wild)) if one.name == "pooling-hurts").parts[0]
    assert (part.verdict, part.number and part.number.value) == (UNDECIDED, pytest.approx(1.0))


def test_every_finding_says_what_is_missing() -> None:
    found = findings(Table([Result("motion", "tsn", "resnet_tiny", False, 8, 40.0, sampling="uniform", seed=0)]))
    assert len(found) == len(all_findings())
    assert {one.verdict for one in found} == {UNDECIDED}
    assert "not measured: no tam on motion with tp True" in markdown(found)
    assert all(part.why or part.number for one in found for part in one.parts)


def test_videos_are_resampled_in_pairs(tmp_path: Path) -> None:
    rows, generator = [], np.random.default_rng(0)
    hard_N = generator.random(200) < 0.5
    for seed, module in product(range(3), ("tsn", "tam")):
        right_N = ~hard_N if module == "tsn" else ~hard_N | (np.arange(200) % 20 == 0)
        logits_NVK = np.stack([right_N, ~right_N], 1)[:, None].astype(np.float32)
        sources = tuple(f"place{index // 2}" for index in range(200))
        run = tmp_path / f"{module}{seed}"
        Predictions(tuple(map(str, range(200))), logits_NVK, np.zeros(200, int), ("a", "b"), sources).save(
            run / "evaluation" / "test.npz")
        rows.append(Result("motion", module, "resnet_tiny", False, 8, 100 * float(right_N.mean()), sampling="uniform",
                           seed=seed, run=str(run)))
    found = Table(rows)
    alone = found.accuracy("motion", "tam").number()
    paired = (found.accuracy("motion", "tam") - found.accuracy("motion", "tsn")).number()
    assert alone.high - alone.low > 10  # all seeds agree, yet other videos would give another number
    assert 0 < paired.high - paired.low < 6  # which is the same for both but for the few clips one gained
    assert paired.low < paired.value < paired.high
