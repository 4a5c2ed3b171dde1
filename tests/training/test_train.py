"""Training: it resumes to the bit, survives what is wrong with the clips, and says what is wrong with the call."""

import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinema.errors import RunError
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.log import read_csv
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import COMMAND, EVERY_OPTION, EVERY_SWITCH, HERE, OPTIONS, same, weights


def test_a_run_is_a_folder_that_can_be_opened(tiny_run: Path, motion: Path) -> None:
    run = Run.open(tiny_run)
    assert run.recipe.data == str(motion)
    assert len(run.labels) == len(set(run.labels)) > 1
    assert run.model().labels == run.labels
    assert run.model("last").clip.frames == 4
    split = run.split()
    assert {row.source for row in split.train.rows}.isdisjoint(row.source for row in split.test.rows)
    rows = read_csv(tiny_run / "log.csv")
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(read_csv(tiny_run / "epochs.csv")) == 2


def test_training_again_changes_nothing(tiny_run: Path) -> None:
    before = (tiny_run / "last.safetensors").stat().st_mtime_ns
    train(Run.open(tiny_run).recipe, HERE, quiet=True)
    assert (tiny_run / "last.safetensors").stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_seed_gives_the_same_weights_and_another_gives_others(motion: Path, tmp_path: Path, tiny_run: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "again"), **TINY)
    assert same(weights(train(recipe, replace(HERE, workers=2), quiet=True).path), weights(tiny_run))
    other = replace(recipe, seed=1, out=str(tmp_path / "other"), epochs=1)
    assert not same(weights(train(other, HERE, quiet=True).path), weights(tiny_run))


def test_a_list_may_lie_elsewhere_than_its_videos(motion: Path, tmp_path: Path) -> None:
    videos = sorted(motion.glob("*/*.mp4"))[::2]
    lines = [f"{video.relative_to(motion)},{video.parent.name}" for video in videos]
    (tmp_path / "list.csv").write_text("path,label\n" + "\n".join(lines) + "\n")
    recipe = Recipe(str(tmp_path / "list.csv"), out=str(tmp_path / "run"), root=str(motion), **{**TINY, "epochs": 1})
    run = train(recipe, HERE, quiet=True)
    assert run.split().train.rows
    assert not (run.path / "problems.jsonl").exists()


def test_another_recipe_in_the_folder_is_refused(tiny_run: Path) -> None:
    with pytest.raises(RunError, match=r"lr 0\.001 there, 0\.5 now"):
        train(replace(Run.open(tiny_run).recipe, lr=0.5), HERE, quiet=True)


@pytest.mark.slow
def test_restart_trains_anew(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), **{**TINY, "epochs": 1})
    first = weights(train(recipe, HERE, quiet=True).path)
    (tmp_path / "run" / "mine.txt").write_text("a user's own file")
    train(replace(recipe, seed=5), HERE, restart=True, quiet=True)
    assert not same(first, weights(tmp_path / "run"))
    assert (tmp_path / "run" / "mine.txt").exists()


@pytest.mark.slow
def test_two_kills_change_no_bit(motion: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    options = [*OPTIONS, *EVERY_OPTION, "--save-every", "3", "--workers", "1", "--epochs", "2"]
    started = time.monotonic()
    subprocess.run([*COMMAND, str(motion), "--out", str(whole), *options], check=True, capture_output=True)
    wall_seconds = time.monotonic() - started
    kills, draw = 0, random.Random(0)
    while kills < 2:
        process = subprocess.Popen(
            [*COMMAND, str(motion), "--out", str(killed), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            assert process.wait(wall_seconds * draw.uniform(0.3, 0.7)) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        else:  # it ended before it was killed: only a training that was killed twice counts
            shutil.rmtree(killed)
            kills = 0
    subprocess.run([*COMMAND, str(motion), "--out", str(killed), *options], check=True, capture_output=True)
    assert same(weights(whole), weights(killed))
    assert read_csv(whole / "log.csv") == read_csv(killed / "log.csv")
    assert read_csv(whole / "epochs.csv") == read_csv(killed / "epochs.csv")


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_command_goes_on(motion: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [*COMMAND, str(motion), "--out", str(out), *OPTIONS, "--workers", "1", "--epochs", "400"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (out / "last.pt").exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped and saved" in errors
    assert "Traceback" not in errors
    steps = torch.load(out / "last.pt", weights_only=True)["step"]
    assert steps > 0
    assert len(read_csv(out / "log.csv")) == steps


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32", "64-true"])
def test_a_stopped_run_goes_on_to_the_same_weights(motion: Path, tmp_path: Path, precision: str) -> None:
    switches = {**TINY, **EVERY_SWITCH, "batch": 16}
    recipe = Recipe(str(motion), out=str(tmp_path / "whole"), precision=precision, **switches)
    whole = train(recipe, HERE, quiet=True).path
    stopped = Path(str(whole).replace("whole", "stopped"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kinema.training.course.together", lambda fabric, asked: (stopped / "last.pt").exists())
        with pytest.raises(KeyboardInterrupt):
            train(replace(recipe, out=str(stopped)), HERE, quiet=True)
    assert torch.load(stopped / "last.pt", weights_only=True)["step"] > 1
    train(replace(recipe, out=str(stopped)), HERE, quiet=True)
    assert same(weights(whole), weights(stopped))
