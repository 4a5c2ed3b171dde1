"""Probes: what they tell apart, that features are computed once, and that a linear probe is a network's classifier."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema.data.clips import ClipRow, ClipTable, read_table
from kinema.data.splits import split_table
from kinema.errors import DataError, KinemaError
from kinema.evaluation.predict import predict
from kinema.inference.bank import forget_oldest, key_of, look
from kinema.runs import trained_network
from kinema.training.probe import probe
from kinema.training.probes import KINDS
from kinema.weights import from_checkpoint
from tests.cli.test_cli import kinema
from tests.training.common import HERE

CLASSES, WIDTH, PLACES = 3, 32, 6


def clips_of(kind: str, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features in which each class has a direction of its own; of places, in one of them alone, which varies."""
    draw = np.random.default_rng(seed)
    targets_N = draw.integers(0, CLASSES, number)
    told_ND = 6 * np.eye(CLASSES, WIDTH)[targets_N]
    if KINDS[kind].looks_at == "features":
        return (told_ND + draw.normal(size=(number, WIDTH))).astype(np.float32), targets_N
    values_NLD = draw.normal(size=(number, PLACES, WIDTH))
    values_NLD[np.arange(number), draw.integers(0, PLACES, number)] += told_ND
    return values_NLD.astype(np.float32), targets_N


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [CLASSES, CLASSES + 2])
def test_a_probe_tells_apart_what_can_be_told_apart(kind: str, classes: int) -> None:
    row, number = KINDS[kind], {"linear": 0.1, "attentive": 20, "knn": 5}[kind]
    fitted = row.fit(*clips_of(kind, 160, 0), classes, number, 0)
    values, targets_N = clips_of(kind, 200, 1)
    logits_NK = fitted(values)
    assert logits_NK.shape == (200, classes)
    assert (logits_NK.argmax(1) == targets_N).mean() > 0.9
    if classes == CLASSES:
        again = row.fit(*clips_of(kind, 160, 0), classes, number, 0)(values)
        np.testing.assert_array_equal(logits_NK, again)


def test_a_picture_that_was_changed_is_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    for number in range(2):
        (tmp_path / "clip" / f"{number}.png").write_bytes(b"a")
    table = ClipTable((ClipRow("clip", (0,)),), ("a",), tmp_path)
    before = key_of(table, table.rows[0])
    assert key_of(table, table.rows[0]) == before
    (tmp_path / "clip" / "0.png").write_bytes(b"another")
    assert key_of(table, table.rows[0]) != before


def test_two_classes_are_told_apart_linearly() -> None:
    values_ND, targets_N = clips_of("linear", 256, 0)
    two = targets_N < 2
    fitted = KINDS["linear"].fit(values_ND[two], targets_N[two], 2, 1.0, 0)
    assert (fitted(values_ND[two]).argmax(1) == targets_N[two]).mean() > 0.9
    with pytest.raises(KinemaError, match="of one class"):
        KINDS["linear"].fit(values_ND[targets_N == 0], targets_N[targets_N == 0], 2, 1.0, 0)


def test_features_are_computed_once(motion: Path, tiny_run: Path, tmp_path: Path) -> None:
    network, table = trained_network(str(tiny_run)), read_table(motion).subset(range(6))
    calls: list[int] = []
    network.backbone.register_forward_hook(lambda layer, come, gone: calls.append(len(gone)))
    few = look(network, table.subset(range(4)), machine=HERE, folder=tmp_path, quiet=True)
    assert sum(calls) == 4
    all_of_them = look(network, table, machine=HERE, folder=tmp_path, quiet=True)
    assert sum(calls) == 6  # only what is new
    np.testing.assert_array_equal(all_of_them.values[:4], few.values)
    look(network, table, machine=HERE, folder=tmp_path, quiet=True)
    assert sum(calls) == 6
    places = look(network, table, "places", (2, 1), HERE, tmp_path, quiet=True)
    assert places.values.shape == (6, 2 * 4, few.values.shape[1])  # 2 views of 4 frames of one place
    with torch.no_grad():
        next(network.parameters()).mul_(1.1)
    other = look(network, table, machine=HERE, folder=tmp_path, quiet=True)
    assert not np.array_equal(other.values, all_of_them.values)


def test_what_was_seen_longest_ago_is_forgotten(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "own", "middle", "old")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clip.npy").write_bytes(bytes(100))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    forget_oldest(tmp_path, "own", 250)
    assert {folder.name for folder in tmp_path.iterdir()} == {"new", "own"}


@pytest.mark.slow
def test_a_linear_probe_is_a_networks_classifier(motion: Path, tiny_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "probe.safetensors"
    options = ["--out", file, "--workers", "0", "--accelerator", "cpu", "--json"]
    facts = json.loads(kinema("probe", tiny_run, motion, *options))
    network, table = from_checkpoint(file), read_table(motion)
    test = split_table(table, None, 0, validation=0.2).test
    found = predict(network, test, machine=HERE, quiet=True).predictions
    assert network.labels == table.labels
    assert facts["n"] == len(test)
    assert (found.logits_NVK[:, 0].argmax(1) == found.targets).mean() == pytest.approx(facts["top1"])
    probed = probe(trained_network(str(tiny_run)), table, machine=HERE, quiet=True)
    np.testing.assert_allclose(found.logits_NVK, probed.predictions.logits_NVK, rtol=1e-3, atol=1e-3)


def test_what_no_probe_can_do_is_told(motion: Path, tiny_run: Path, tmp_path: Path) -> None:
    assert "Nearest: linear" in kinema("probe", tiny_run, motion, "--kind", "linaer", code=1)
    assert "--kind linear alone" in kinema("probe", tiny_run, motion, "--kind", "knn", "--out", tmp_path / "x", code=1)
    assert "nowhere is no run" in kinema("probe", "nowhere", motion, code=1)
    assert "the name of a network, which has no weights" in kinema("export", "tsn-resnet18", "a.onnx", code=1)
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "data" / label / f"{number}.mp4").write_text("no video")
    with pytest.raises(DataError, match=r"None of the \d+ clips could be read"):
        probe(trained_network(str(tiny_run)), read_table(tmp_path / "data"), machine=HERE, quiet=True)
