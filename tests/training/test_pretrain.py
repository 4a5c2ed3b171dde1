"""Masked pre-training: it resumes to the bit, needs no labels, and its weights start a training."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from kinema.errors import ModelError, RunError
from kinema.recipe import Recipe, write_recipe
from kinema.training.log import read_csv
from kinema.training.masking import Masking
from kinema.training.pretrain import pretrain
from kinema.training.pretraining import FACTS, Pretraining
from kinema.training.train import train
from tests.cli.test_cli import kinema
from tests.training.common import HERE, logs_agree, same, weights

SMALL: dict[str, Any] = {
    "model": "s3d-vit_tiny", "frames": 4, "size": 32, "epochs": 2, "batch": 8, "sampling": "dense",
    "options": {"patch": 8, "depth": 2}, "warmup": 0.0,
}
LIGHT = Masking(0.75, depth=1)
LIGHTLY = "--masked 0.75 --decoder-depth 1 --accelerator cpu --workers 0"
COMMAND = [sys.executable, "-m", "kinema", "pretrain", *LIGHTLY.split()]


def learnt(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path / "model.safetensors")


def command(recipe: Recipe, folder: Path, *options: str) -> list[str]:
    """The command that pre-trains so in a process of its own."""
    write_recipe(recipe, folder / "recipe.yaml")
    return [*COMMAND, "--recipe", str(folder / "recipe.yaml"), *options]


@pytest.fixture(scope="module")
def pretrained(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pre-training of two epochs."""
    out = tmp_path_factory.mktemp("pretrained") / "run"
    return pretrain(Recipe(str(motion), out=str(out), **SMALL), LIGHT, HERE, quiet=True)


def test_what_is_hidden_is_learnt_without_labels_or_test_clips(pretrained: Path) -> None:
    run = Pretraining.open(pretrained)
    assert run.table().labels == ()
    assert not any(row.labels for row in run.table().rows)
    assert len(run.table()) < 60
    assert "left out" in run.facts["notes"][0]
    rows = read_csv(pretrained / "log.csv")
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert float(rows[-1]["explained"]) > float(rows[0]["explained"])


def test_pretraining_again_changes_nothing_and_another_recipe_is_refused(pretrained: Path) -> None:
    asked = Recipe.from_dict(Pretraining.open(pretrained).facts["asked"])
    before = (pretrained / "last.pt").stat().st_mtime_ns
    pretrain(asked, LIGHT, HERE, quiet=True)
    assert (pretrained / "last.pt").stat().st_mtime_ns == before
    with pytest.raises(RunError, match=r"lr 0\.001 there, 0\.5 now"):
        pretrain(replace(asked, lr=0.5), LIGHT, HERE, quiet=True)
    with pytest.raises(RunError, match=r"pre-trained with Masking\(ratio=0\.75"):
        pretrain(asked, Masking(0.9, depth=1), HERE, quiet=True)
    with pytest.raises(RunError, match="is no run; choose another folder"):
        train(replace(asked, start=None), HERE, quiet=True)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32", "64-true"])
def test_a_stopped_pretraining_goes_on_to_the_same_weights(motion: Path, tmp_path: Path, precision: str) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "whole"), precision=precision, drop_path=0.2, accumulate=2,
                    **{**SMALL, "batch": 16})
    whole = pretrain(recipe, LIGHT, HERE, quiet=True)
    stopped = tmp_path / "stopped"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kinema.training.course.together", lambda fabric, asked: (stopped / "last.pt").exists())
        with pytest.raises(KeyboardInterrupt):
            pretrain(replace(recipe, out=str(stopped)), LIGHT, HERE, quiet=True)
    assert torch.load(stopped / "last.pt", weights_only=True)["step"] > 1
    assert not same(learnt(whole), learnt(stopped))
    pretrain(replace(recipe, out=str(stopped)), LIGHT, HERE, quiet=True)
    assert same(learnt(whole), learnt(stopped))
    assert read_csv(whole / "log.csv") == read_csv(stopped / "log.csv")


@pytest.mark.slow
def test_a_training_starts_from_a_pretraining(pretrained: Path, motion: Path, tmp_path: Path) -> None:
    """By its folder or its file, with its options; what was pre-trained is there, and the classifier is new."""
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), lr=1e-9, weight_decay=0.0, start=str(pretrained),
                    **{**SMALL, "options": {}, "epochs": 1})
    run = train(recipe, HERE, quiet=True)
    assert run.recipe.options == {"patch": 8, "depth": 2}
    found, came = weights(run.path), learnt(pretrained)
    assert found["classifier.weight"].shape[0] == len(run.labels) > 1 == came["classifier.weight"].shape[0]
    blocks = [name for name in came if name.startswith("backbone.blocks") and came[name].ndim > 1]
    assert blocks
    for name in blocks:
        torch.testing.assert_close(found[name], came[name], rtol=0, atol=1e-6)
    file = replace(recipe, start=str(pretrained / "model.safetensors"), out=str(tmp_path / "file"))
    assert same(weights(train(file, HERE, quiet=True).path), found)


def test_what_cannot_be_is_said(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), **SMALL)
    with pytest.raises(ModelError, match=r"tam-resnet_tiny cannot be pre-trained by masking.*i3d-vit_tiny"):
        pretrain(replace(recipe, model="tam-resnet_tiny", options={}), machine=HERE, quiet=True)
    with pytest.raises(RunError, match="does not know the recipe's label_smoothing, mixup; leave that out"):
        pretrain(replace(recipe, mixup=0.4, label_smoothing=0.1), machine=HERE, quiet=True)
    with pytest.raises(RunError, match="ratio is 1; it must be above 0 and below 1"):
        Masking(1)
    assert not (tmp_path / "run").exists()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").touch()
    with pytest.raises(RunError, match="is there already and is no pre-training"):
        pretrain(recipe, LIGHT, HERE, quiet=True)
    with pytest.raises(RunError, match=f"is no pre-training: it has no {FACTS}"):
        Pretraining.open(tmp_path / "run")


@pytest.mark.slow
def test_the_command_pretrains_any_folder_of_videos(motion: Path, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for number, video in enumerate(sorted(motion.glob("*/*.mp4"))[::6]):
        shutil.copy(video, films / f"{number}.mp4")
    (films / "broken.mp4").write_bytes(b"no video")
    recipe = Recipe(str(films), **SMALL)
    text = kinema(*command(recipe, tmp_path)[3:], "--out", tmp_path / "run")
    assert f"Next: kinema train CLIPS --model s3d-vit_tiny --start {tmp_path / 'run'}" in text
    assert Pretraining.open(tmp_path / "run").masking == LIGHT
    assert '"readable": false' in (tmp_path / "run" / "problems.jsonl").read_text()
    assert "cannot be pre-trained by masking" in kinema("pretrain", films, "--model", "tam-resnet_tiny", code=1)
    assert "expected footage" in kinema("pretrain", code=2)
    assert "mixup" not in kinema("pretrain", "--help")


@pytest.mark.slow
def test_a_kill_changes_no_bit(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "whole"), **{**SMALL, "epochs": 6})
    whole, killed = pretrain(recipe, LIGHT, HERE, quiet=True), tmp_path / "killed"
    threads = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(command(recipe, tmp_path, "--save-every", "2", "--out", str(killed)), env=threads,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while not (killed / "last.pt").is_file():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 0 < torch.load(killed / "last.pt", weights_only=True)["step"] < len(read_csv(whole / "log.csv"))
    pretrain(replace(recipe, out=str(killed)), LIGHT, HERE, quiet=True)
    assert same(learnt(whole), learnt(killed))
    assert read_csv(whole / "log.csv") == read_csv(killed / "log.csv")


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(motion: Path, tmp_path: Path) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "one"), precision="64-true", drop_path=0.2,
                    **{**SMALL, "epochs": 4})
    one = learnt(pretrain(recipe, LIGHT, HERE, quiet=True))
    again = command(recipe, tmp_path, "--devices", "2", "--channels-last", "--out", str(tmp_path / "two"))
    subprocess.run(again, check=True, capture_output=True, timeout=300)
    two = learnt(tmp_path / "two")
    assert len(read_csv(tmp_path / "two" / "log.csv")) >= 20
    assert logs_agree(tmp_path / "one", tmp_path / "two")
    assert max(float((one[name].double() - two[name].double()).abs().max()) for name in one) < 1e-9
