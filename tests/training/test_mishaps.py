"""Training on what the world gives: broken clips, full disks, wrong names; never a trace, never lost work."""

import json
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinema.errors import DataError, KinemaError, ModelError, RunError
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.pretrain import pretrain
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import COMMAND, HERE, OPTIONS, same, weights


def break_clips(folder: Path, count: int) -> list[str]:
    """Copy nothing, break `count` clips of a folder in the ways of the world; return their paths."""
    chosen = sorted(folder.glob("*/*.mp4"))[::7][:count]
    for number, path in enumerate(chosen):
        whole = path.read_bytes()
        path.write_bytes((whole[: len(whole) // 3], b"", b"this is a text\n" * 50)[number % 3])
    return [str(path.relative_to(folder)) for path in chosen]


def test_broken_clips_are_counted_and_named(motion: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(motion, tmp_path / "data"))
    broken = break_clips(data, 6)
    run = train(Recipe(str(data), out=str(tmp_path / "run"), **{**TINY, "epochs": 1}), HERE, quiet=True)
    named = {json.loads(line)["path"] for line in (run.path / "problems.jsonl").read_text().splitlines()}
    training = {row.path for row in run.split().train.rows}
    assert named == set(broken) & training
    assert named


def test_only_broken_clips_is_an_error_in_words(motion: Path, tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "data" / label / f"{number}.mp4").write_text("no video")
    with pytest.raises(DataError, match="None of the training clips could be read"):
        train(Recipe(str(tmp_path / "data"), out=str(tmp_path / "run"), **TINY), HERE, quiet=True)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"start": "{tmp}/run"}, "which --restart would delete"),
     ({"start": "{tmp}/none/../run"}, "which --restart would delete"), ({"start": "nowhere.pt"}, "does not exist"),
     ({"batch": 9, "accumulate": 3}, None), ({"batch": 8, "accumulate": 8, "model": "tam-resnet_small"}, "No model")],
)  # fmt: skip
def test_a_restart_that_cannot_be_deletes_nothing(
    wrong: dict, told: str | None, tiny_run: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    before = weights(out)
    wrong = {name: value.format(tmp=tmp_path) if name == "start" else value for name, value in wrong.items()}
    recipe = replace(Run.open(tiny_run).recipe, out=str(out), epochs=1, **wrong)
    if told is None:
        assert train(recipe, HERE, restart=True, quiet=True)
    else:
        with pytest.raises(KinemaError, match=told):
            train(recipe, HERE, restart=True, quiet=True)
        assert same(weights(out), before)


def test_a_folder_in_which_another_process_trains_is_left_alone(tiny_run: Path, tmp_path: Path) -> None:
    run = Run.open(Path(shutil.copytree(tiny_run, tmp_path / "run")))
    recipe, log = replace(run.recipe, out=str(run.path)), (run.path / "log.csv").read_text()
    held = ["-c", "import sys\nfrom pathlib import Path\nfrom kinema.training.alone import alone\n"
            "with alone(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()", str(run.path)]
    with subprocess.Popen([sys.executable, *held], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(RunError, match=r"Another process is training in .*run\. Wait for it, or choose another"):
            train(recipe, HERE, quiet=True)
        for again in (train, pretrain):  # which would delete what the other process writes
            with pytest.raises(RunError, match="Another process is training"):
                again(recipe, machine=HERE, restart=True, quiet=True)
        other.kill()
    assert (run.path / "log.csv").read_text() == log
    train(recipe, HERE, quiet=True)  # what was killed keeps nothing
    assert not (run.path / ".lock").exists()


def test_a_wrong_start_leaves_no_folder(motion: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        train(Recipe(str(motion), out=str(tmp_path / "run"), start="nowhere.pt", **TINY), HERE, quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_state_without_a_part_is_said_to_be_damaged(tiny_run: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    state = torch.load(out / "last.pt", weights_only=True)
    torch.save({name: value for name, value in state.items() if name != "optimizer"}, out / "last.pt")
    with pytest.raises(RunError, match=r"last.pt is damaged .*`--restart`"):
        train(replace(Run.open(out).recipe, out=str(out)), HERE, quiet=True)


def test_what_is_odd_is_said(motion: Path, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    data = Path(shutil.copytree(motion, tmp_path / "data"))
    (data / "clips.csv").unlink()
    for folder in [path for path in data.iterdir() if path.name != "left"]:
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    recipe = Recipe(str(data), out=str(tmp_path / "run"), split="fold=1/2", **{**TINY, "epochs": 1, "batch": 2})
    first = train(recipe, HERE).split().train.rows[0].path
    assert "of one class" in capfd.readouterr().err
    (data / first).write_text("no video")
    train(recipe, HERE, restart=True)
    told = f"1 clip unreadable and left out; problems.jsonl names them all:\n  {first}: "
    assert told in capfd.readouterr().err


def test_an_unknown_model_writes_nothing(motion: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tam-resnet18"):
        train(Recipe(str(motion), model="tma-resnet18", out=str(tmp_path / "run")), HERE, quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_version_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    facts = json.loads((tiny_run / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**facts, "version": 99}))
    with pytest.raises(RunError, match="version 99; this kinema reads version 1"):
        Run.open(tmp_path)


def test_a_folder_of_something_else_is_left_alone(motion: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("important")
    recipe = Recipe(str(motion), out=str(tmp_path), **TINY)
    for restart in (False, True):
        with pytest.raises(RunError):
            train(recipe, HERE, restart=restart, quiet=True)
    assert (tmp_path / "thesis.txt").read_text() == "important"


@pytest.mark.slow
def test_a_full_disk_is_said_and_loses_nothing(motion: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [*COMMAND, str(motion), "--out", str(out), *OPTIONS, "--workers", "0", "--cache", "0"]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))  # no file grows larger, as on a full disk

    found = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    assert found.returncode == 1
    assert "disk is full" in found.stderr
    assert "Traceback" not in found.stderr
    subprocess.run(command, check=True, capture_output=True)
    assert (out / "last.safetensors").exists()


def test_restart_with_a_typo_deletes_nothing(tiny_run: Path) -> None:
    before = weights(tiny_run)
    with pytest.raises(KinemaError):
        train(replace(Run.open(tiny_run).recipe, data="nowhere"), HERE, restart=True, quiet=True)
    assert same(before, weights(tiny_run))


def test_broken_validation_clips_do_not_end_a_training(motion: Path, tmp_path: Path) -> None:
    rows = [
        f"{motion}/{path.relative_to(motion)},{path.parent.name},{split}"
        for path, split in zip(sorted(motion.glob("*/*.mp4")), ["train", "train", "train", "test"] * 15, strict=True)
    ]
    (tmp_path / "bad.mp4").write_text("no video")
    (tmp_path / "list.csv").write_text("\n".join(["path,label,split", *rows, f"{tmp_path}/bad.mp4,left,val"]))
    recipe = Recipe(str(tmp_path / "list.csv"), out=str(tmp_path / "run"), **{**TINY, "epochs": 1})
    assert (train(recipe, HERE, quiet=True).path / "best.safetensors").exists()
