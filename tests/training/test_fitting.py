"""Networks that are fitted without gradients are trained, go on, are judged and asked like all others."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema.data.clips import read_table
from kinema.errors import KinemaError, RunError
from kinema.evaluation.calibration import Calibration
from kinema.inference.recognizer import Recognizer
from kinema.models import create_model
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training import fitting
from kinema.training.fitting import codebook, put
from kinema.training.train import train
from tests.conftest import TINY
from tests.training.common import HERE

HOG3D = {**TINY, "model": "hog3d", "frames": 8, "options": {"words": 30, "block_frames": 6, "block_pixels": 12}}


@pytest.fixture(scope="module")
def fitted(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of HOG3D on the small set of motions."""
    out = tmp_path_factory.mktemp("runs") / "hog3d"
    return train(Recipe(str(motion), out=str(out), **HOG3D), HERE, quiet=True)


@pytest.mark.slow
def test_the_run_is_one_like_all_others(fitted: Run, motion: Path) -> None:
    assert {"best.safetensors", "last.safetensors", "run.json", "calibration.json"} <= {
        path.name for path in fitted.path.iterdir()}
    assert not (fitted.path / fitting.FOLDER).exists()
    assert Calibration.of(fitted.path).clips > 0
    network = fitted.model()
    assert len(network.backbone.words_VD) == 30
    result = Recognizer(fitted)(motion / read_table(motion).rows[0].path)
    assert sum(score for _, score in result.top) == pytest.approx(1)
    rows = (fitted.path / "epochs.csv").read_text().splitlines()
    assert float(rows[1].split(",")[3]) > 0.5  # of the clips it was fitted to; one in twelve by chance


@pytest.mark.slow
def test_a_fit_that_was_stopped_goes_on_to_the_same_weights(
    fitted: Run, motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "CHUNK", 16)
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), **HOG3D)
    calls, describe = [], fitting.word_shares

    def stopped(network: object, index: int, clip: torch.Tensor) -> np.ndarray:
        calls.append(index)
        if len(calls) == 25:
            raise KeyboardInterrupt
        return describe(network, index, clip)

    monkeypatch.setattr(fitting, "word_shares", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, HERE, quiet=True)
    assert len(list((tmp_path / "run" / fitting.FOLDER).glob("words-*.npy"))) == 1
    run = train(recipe, HERE, quiet=True)
    for which in ("best", "last"):
        ours, theirs = run.model(which).state_dict(), fitted.model(which).state_dict()
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    clips = len(run.split().train)
    assert sorted(calls[25:]) == list(range(16, clips))  # the first chunk was not described again


def test_a_codebook_finds_the_heaps_of_descriptors() -> None:
    centres = np.eye(4, 12, dtype=np.float32)
    rows = np.repeat(centres, 50, 0) + np.random.default_rng(0).normal(0, 0.01, (200, 12)).astype(np.float32)
    words = codebook(rows.astype(np.float16), 4, seed=1)
    assert np.allclose(words[words.argmax(0)[:4]], centres, atol=0.02)
    few = codebook(rows[:10], 4, seed=1)
    assert (few[2:] == fitting.FAR).all()  # and no descriptor is ever nearest to those


def test_support_vector_machines_are_the_classifier() -> None:
    network = create_model("hog3d", 4, words=6)
    rows = np.eye(6, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    targets = np.eye(4, dtype=bool)[[0, 0, 1, 1, 3, 3]]  # no clip of the third class
    put(network, rows, targets, 10.0, Recipe("clips/", model="hog3d"))
    logits = network.classifier(torch.from_numpy(rows)).detach()
    assert logits.argmax(1).tolist() == [0, 0, 1, 1, 3, 3]
    assert (logits[:, 2] == -1).all()


@pytest.mark.slow
def test_what_cannot_be_fitted_is_told(motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(str(motion), out=str(tmp_path / "run"), **HOG3D)
    with pytest.raises(RunError, match="starts from no weights"):
        train(replace(recipe, start="runs/first"), HERE, quiet=True)
    with pytest.raises(RunError, match="fitted by one process; 2 devices of 1 machines came"):
        train(recipe, replace(HERE, devices=2), quiet=True)
    with monkeypatch.context() as under_torchrun:
        under_torchrun.setenv("LOCAL_WORLD_SIZE", "3")
        under_torchrun.setenv("WORLD_SIZE", "6")
        with pytest.raises(RunError, match="3 devices of 2 machines came"):
            train(recipe, HERE, quiet=True)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(KinemaError, match=r"pip install 'kinema\[hog3d\]'"):
        train(recipe, HERE, quiet=True)
    assert not (tmp_path / "run").exists()
