"""Features on a plane: like clips lie together, and the picture and its table hold every clip that can be read."""

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from kinema.errors import DataError, KinemaError, RunError
from kinema.explain.picture import Clips, picture_features
from kinema.explain.projection import features_of, neighbours_agree, planes
from kinema.machine import Machine
from kinema.runs import Run

CPU = Machine(accelerator="cpu", workers=0)


def groups() -> tuple[np.ndarray, np.ndarray]:
    """Sixty features of three kinds."""
    rng, kinds_N = np.random.default_rng(0), np.repeat(np.arange(3), 20)
    return 6 * np.eye(8)[kinds_N] + rng.normal(size=(60, 8)), kinds_N


@pytest.mark.slow
def test_like_features_lie_together() -> None:
    features_ND, kinds_N = groups()
    places_N2 = planes("tsne", 0)(features_ND)
    assert places_N2.shape == (60, 2)
    assert neighbours_agree(places_N2, kinds_N) > 0.95


def test_umap_is_another_way_where_it_is_installed() -> None:
    if importlib.util.find_spec("umap") is None:
        with pytest.raises(KinemaError, match=r"kinema\[umap\]"):
            planes("umap")
    else:
        features_ND, kinds_N = groups()
        assert neighbours_agree(planes("umap", 0)(features_ND), kinds_N) > 0.95


def test_an_unknown_way_gets_the_nearest() -> None:
    with pytest.raises(KinemaError, match="tsne"):
        planes("t-sne")


def test_nearest_neighbours_are_counted() -> None:
    line_N1 = np.array([[0.0], [1.0], [5.0], [6.5], [9.0]])
    assert neighbours_agree(line_N1, np.array([0, 0, 1, 1, 0])) == 0.8
    assert neighbours_agree(line_N1, np.array([0, 1, 0, 1, 0])) == 0.0
    assert neighbours_agree(line_N1, np.array([0, 0, -1, -1, 1])) == 1.0  # of those that have another of their class
    assert neighbours_agree(line_N1, np.array([0, 1, 2, 3, -1])) is None
    assert neighbours_agree(line_N1, np.full(5, -1)) is None


def test_features_are_what_the_classifier_sees(tiny_run: Path) -> None:
    run = Run.open(tiny_run)
    network, table = run.model(), run.split().test
    found = features_of(network, table, CPU, quiet=True)
    assert found.features_ND.shape == (len(table), network.classifier.in_features)
    answers_NK = found.features_ND @ network.classifier.weight.detach().numpy().T
    assert ((answers_NK + network.classifier.bias.detach().numpy()).argmax(1) == found.best_N).all()
    assert [table.labels[true] for true in found.true_N] == [table.labels[next(iter(row.labels))] for row in table.rows]
    with pytest.raises(DataError, match="5 or more"):
        features_of(network, table.subset([0, 1]), CPU, quiet=True)


@pytest.mark.slow
def test_the_picture_and_its_table_are_written(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    facts = picture_features(str(tiny_run), Clips(str(motion), most=24), tmp_path / "f.svg", machine=CPU)
    with (tmp_path / "f.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert facts["clips"] == len(rows) == 24
    assert 0 <= facts["neighbours_agree"] <= 1
    assert json.dumps(facts)
    assert all((motion / row["path"]).exists() and row["label"] == Path(row["path"]).parent.name for row in rows)
    text = (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    again = picture_features(str(tiny_run), Clips(str(motion), most=24), tmp_path / "g.svg", machine=CPU)
    assert (tmp_path / "g.csv").read_text() == (tmp_path / "f.csv").read_text()
    assert again["neighbours_agree"] == facts["neighbours_agree"]
    with pytest.raises(KinemaError, match=r"\.png"):
        picture_features(str(tiny_run), Clips(), tmp_path / "f.jpg")


def test_a_checkpoint_has_no_clips_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="--data"):
        picture_features("pytorchvideo/x3d-m-16x5-kinetics400", Clips(), tmp_path / "f.png")
