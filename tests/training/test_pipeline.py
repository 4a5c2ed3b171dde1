"""Where the time of a training goes: stages add up, nothing is left behind, and what is said follows from the times."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kinema.clock import Clock, awaited, run, stage
from kinema.errors import RunError
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.bottleneck import advice, bottleneck, workers_wanted
from kinema.training.pipeline import Pipeline, Timing, time_pipeline
from tests.cli.test_cli import kinema
from tests.conftest import TINY


def test_what_is_within_a_stage_counts_for_itself() -> None:
    clock = Clock()
    with run(clock), stage("open"), stage("decode"):
        time.sleep(0.03)
    with stage("open"):  # no clock runs any more
        time.sleep(0.03)
    assert clock.milliseconds("decode") >= 30
    assert clock.milliseconds("open") < 15
    assert clock.times("open") == clock.times("decode") == 1


def test_each_batch_that_is_awaited_leaves_a_mark() -> None:
    clock = Clock()
    with run(clock):
        assert list(awaited([1, 2, 3])) == [1, 2, 3]
    assert len(clock.marks) == 4
    assert list(awaited([1, 2, 3])) == [1, 2, 3]
    assert len(clock.marks) == 4


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_a_training_is_timed_and_leaves_nothing(motion: Path, tmp_path: Path, workers: int) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), **TINY)
    timed = time_pipeline(recipe, Machine("cpu", workers=workers), steps=3)
    assert timed.later is not None
    assert timed.first.steps == timed.later.steps == 3
    for timing in (timed.first, timed.later):
        assert set(timing.step_ms) == {"wait", "forward", "backward", "optimizer", "rest"}
        assert all(timing.step_ms[name] > 0 for name in ("wait", "forward", "backward", "optimizer"))
        assert all(timing.clip_ms[name] > 0 for name in ("open", "decode", "transform", "collate"))
    assert "shrink" not in timed.later.clip_ms  # all was in the cache
    assert 0 < timed.kept_gigabytes < 0.1
    assert not (tmp_path / "run").exists()


def test_flow_is_a_stage(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), input="flow", **TINY)
    timed = time_pipeline(recipe, Machine("cpu", workers=0, cache_gigabytes=0), steps=1)
    assert timed.later is None
    assert timed.first.clip_ms["flow"] > 0


def test_a_run_is_timed_as_it_was_trained_and_left_alone(tiny_run: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in tiny_run.rglob("*")}
    timed = time_pipeline(Run.open(tiny_run), Machine("cpu", workers=0), steps=2)
    assert (timed.model, timed.batch) == (TINY["model"], TINY["batch"])
    assert {path: path.stat().st_mtime_ns for path in tiny_run.rglob("*")} == before


def test_what_has_no_loop_is_refused(motion: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="without steps"):
        time_pipeline(Recipe(str(motion), model="hog3d", out=str(tmp_path / "run")), Machine("cpu"))


STEP = {"wait": 1.0, "forward": 40.0, "backward": 60.0, "optimizer": 1.0, "rest": 1.0}
QUICK = Timing({"open": 1.0, "decode": 2.0, "transform": 1.0, "collate": 0.2}, STEP, 80, 10)
SLOW = Timing({"open": 5.0, "decode": 30.0, "transform": 1.0, "collate": 0.2}, {**STEP, "wait": 200.0}, 80, 10)
KNOWN = Pipeline("tam-resnet18", SLOW, QUICK, 8, 1, 1, 4, "cpu", 2.0, 4.0)


def test_kept_clips_make_the_network_the_bottleneck() -> None:
    assert "network is the bottleneck: 97%" in bottleneck(KNOWN)
    assert "66% in the first epoch" in bottleneck(KNOWN)
    assert "make the network's work less" in advice(KNOWN)


def test_a_cache_that_is_too_small_is_told() -> None:
    small = replace(KNOWN, cache_gigabytes=1.0)
    assert "of the 36.2 ms that a clip takes a process, decode is 30.0" in bottleneck(small)
    assert "--workers 3" in advice(small)
    assert "--cache 3" in advice(small)
    assert workers_wanted(small) == 3  # 8 clips of 36.2 ms in the 103 ms of a step


def test_no_cache_is_told() -> None:
    off = replace(KNOWN, later=None, cache_gigabytes=0.0, workers=4)
    assert "--cache 4" in advice(off)
    assert "--workers" not in advice(off)


def test_the_command_prints_where_time_goes(motion: Path, tiny_run: Path) -> None:
    options = ["--steps", "1", "--workers", "0", "--accelerator", "cpu"]
    text = kinema("profile", "--pipeline", tiny_run, *options)
    assert "wait for clips" in text
    assert "is the bottleneck" in text
    facts = json.loads(kinema("profile", "tsn-resnet_tiny", "--pipeline", motion, *options, "--frames", "4", "--size",
                              "32", "--batch", "4", "--cache", "0", "--json"))
    assert (facts["model"], facts["batch"], facts["later"]) == ("tsn-resnet_tiny", 4, None)
    assert facts["bottleneck"]


def test_options_of_training_go_with_a_pipeline() -> None:
    assert "--batch tells how to train" in kinema("profile", "tam-resnet18", "--batch", "8", code=2)
    assert "--pipeline" in kinema("profile", code=2)
