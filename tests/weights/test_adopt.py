"""A run's folder made of weights that were trained elsewhere."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import kinema
from benchmarks.checks import quick_start
from kinema.errors import KinemaError
from kinema.evaluation.differing import differing
from kinema.evaluation.evaluate import evaluate
from kinema.evaluation.fusion import hindrance
from kinema.evaluation.probes import temporal_probes
from kinema.inference.engines.int8 import check_int8
from kinema.machine import Machine
from kinema.models.names import create_model
from kinema.recipe import Recipe
from kinema.runs import Run, build_network
from kinema.serving.corrections import Corrections
from kinema.serving.problems import ProblemError
from kinema.serving.store import Store
from kinema.serving.training import Trainings
from kinema.study.rows import pretrained
from kinema.timeline.train import train_timeline
from kinema.training.pipeline import time_pipeline
from kinema.training.train import train
from kinema.weights.adopt import adopt, recipe_of
from kinema.weights.catalogue import LOADABLE, Checkpoint, all_checkpoints
from tests.cli.test_cli import kinema as command

ROWS = {(row.id.partition("/")[0], str(replace(row.spec, frames=8, height=224, width=224, stride=1))): row
        for row in all_checkpoints().values() if row.status == LOADABLE and row.classifier and row.spec.resize is None}
ROWS |= {str(row.spec.resize): row for row in all_checkpoints().values() if row.status == LOADABLE and row.classifier}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.id)
def test_its_recipe_makes_the_network_of_an_official_checkpoint(row: Checkpoint) -> None:
    labels = tuple(row.class_names) or tuple(map(str, range(10)))
    with torch.device("meta"), quick_start():
        network = create_model(row.model, labels, clip=row.spec, **row.options)
        recipe = Recipe.from_dict(json.loads(json.dumps(recipe_of(network, Path("run")).to_dict())))
        again = build_network(recipe, labels)
    assert recipe.clip == row.spec
    assert str(again) == str(network)


@pytest.mark.slow
def test_a_file_of_weights_is_judged_like_the_run_that_it_is_of(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    weights = Path(shutil.copy(tiny_run / "best.safetensors", tmp_path / "theirs.safetensors"))
    said = command("weights", "adopt", weights, "--out", tmp_path / "adopted")
    assert "tam-resnet_tiny, 12 classes" in said
    found, own = (json.loads(command("evaluate", run, "--data", motion, "--split", "fold=0", "--json"))
                  for run in (tmp_path / "adopted", tiny_run))
    assert (found["n"], found["top1"], found["gmacs"]) == (own["n"], own["top1"], own["gmacs"])
    page = Path(found["report"]).read_text("utf-8")
    assert "theirs.safetensors" in page
    assert "kinema train" not in page
    video = next(iter(sorted(motion.glob("*/*.mp4"))))
    assert Run.open(tmp_path / "adopted").clip_seconds == Run.open(tiny_run).clip_seconds
    mine, theirs = (kinema.Recognizer(str(source), device="cpu")(video) for source in (tmp_path / "adopted", weights))
    assert mine.top == theirs.top


def test_what_cannot_be_adopted_is_said(tiny_run: Path, tmp_path: Path) -> None:
    network = Run.open(tiny_run).model()
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(KinemaError, match="is there already"):
        adopt(network, tmp_path, "theirs.pth")
    network.labels = ()
    with pytest.raises(KinemaError, match="what its 12 classes are called"):
        adopt(network, tmp_path / "run", "theirs.pth")
    assert "is a run already" in command("weights", "adopt", tiny_run, "--out", tmp_path / "run", code=1)


def test_what_needs_clips_of_its_own_says_that_there_are_none(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    run = adopt(Run.open(tiny_run).model(), tmp_path / "run", "theirs.pth")
    none = rf"{run.path} has no clips of its own: its weights \(theirs.pth\) were trained elsewhere"
    with pytest.raises(KinemaError, match=f"{none}. Name clips with --data"):
        evaluate(run)
    with pytest.raises(KinemaError, match="has no last weights, but best ones alone"):
        run.model("last")
    with pytest.raises(KinemaError, match=f"{none}. Name clips with --data"):
        temporal_probes(run)
    with pytest.raises(KinemaError, match=f"{none}. Name annotated videos with --truth"):
        train_timeline(run, device="cpu")
    with pytest.raises(KinemaError, match=f"{none}, and int8 is calibrated"):
        check_int8(run.model(), run)
    with pytest.raises(KinemaError, match=f"{none}, so there is no training to time"):
        time_pipeline(run, Machine())
    with pytest.raises(KinemaError, match=r"no training to go on with\. Start from them in another folder: --start"):
        train(Recipe(str(motion), "tam-resnet_tiny", str(run.path)))
    assert hindrance([run, run]).startswith(str(run.path))
    store = Store(tmp_path / "server.sqlite")
    with pytest.raises(ProblemError, match=none):
        Trainings(store, Corrections(store), run, tmp_path / "runs").start()
    assert "evaluate" in command("compare", run.path, tiny_run, code=1)
    said = json.loads(command("temporal", run.path, "--data", motion, "--split", "fold=0", "--workers", 0, "--json"))
    assert {"reversed", "shuffled"} <= {each["frames"] for each in said}


def test_of_how_adopted_weights_were_trained_nothing_is_claimed(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    run = adopt(Run.open(tiny_run).model(), tmp_path / "run", "theirs.pth")
    judged = [evaluate(each, motion, "fold=0", machine=Machine(workers=0)) for each in (Run.open(tiny_run), run)]
    assert list(map(str, differing(*judged))) == ["training: the place is here and elsewhere (theirs.pth)"]
    assert pretrained(Recipe(str(motion), start=str(run.path))) == "theirs"
