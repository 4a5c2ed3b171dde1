"""Published ways to judge, accuracy against clips, results side by side, and what time is worth to a network."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import kinema
from kinema.errors import DataError
from kinema.evaluation.by_clips import accuracy_by_clips, spread
from kinema.evaluation.differing import differing
from kinema.evaluation.predict import predict
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.probes import AS_THEY_ARE, PROBES, SINGLE, faster, shuffled, temporal_probes
from kinema.evaluation.protocols import PROTOCOLS, Protocol, find_protocol
from kinema.evaluation.result import Evaluation
from kinema.machine import Machine
from kinema.models.clip import ClipSpec
from kinema.runs import Run
from tests.cli.test_cli import kinema as command

HERE = Machine(accelerator="cpu", workers=0)


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A run of the test's own."""
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


def test_published_protocols_are_crops_times_clips() -> None:
    assert {name: (each.crops, each.clips) for name, each in PROTOCOLS.items()} == {
        "1x1": (1, 1), "1x10": (1, 10), "kinetics": (3, 10), "moments": (3, 10), "ssv2": (3, 2), "uniform": (3, 2)}
    assert find_protocol("3x10") == PROTOCOLS["kinetics"]
    assert find_protocol("3x2-256px") == PROTOCOLS["uniform"]
    assert all(find_protocol(each.name) == each for each in PROTOCOLS.values())
    assert PROTOCOLS["uniform"].clip(ClipSpec(8, 224, 224, resize=256)) == ClipSpec(8, 256, 256)
    assert Protocol(4, sampling="dense", stride=8, average="logits").suffix == "-4x1-dense-stride8-logits"


def test_a_protocol_is_told_by_its_names_and_by_what_is_not_as_in_training() -> None:
    trained = ClipSpec(8, 224, 224, resize=256)
    told = {"1x1": "1x1", "1x10": "1x10, average of probabilities",
            "kinetics": "3x10 (kinetics, moments), average of probabilities",
            "uniform": "3x2-256px (uniform), average of probabilities"}
    for name, words in told.items():
        way = find_protocol(name)
        assert way.words == words
        assert Protocol.of(way.views, way.average, way.clip(trained), trained) == way
    way = Protocol(2, 3, "logits", frames=16, sampling="dense", stride=4)
    assert way.words == "3x2 (ssv2), average of logits, 16 frames, dense, stride 4"
    assert Protocol.of((2, 3), "logits", way.clip(trained), trained) == way


@pytest.mark.parametrize(("name", "why"), [
    ("kinetcs", "No protocol is called 'kinetcs'.*Nearest: kinetics"), ("4x10", "4 crops came"),
    ("3x0", "0 clips came"),
])
def test_unknown_protocols_are_told(name: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        find_protocol(name)
    with pytest.raises(DataError, match=r"The average of 'logit' came.*Nearest: logits"):
        Protocol(average="logit")


def test_logits_or_probabilities_are_averaged() -> None:
    logits_NVK = np.log(np.array([[[0.9, 0.1], [0.3, 0.7], [0.3, 0.7]]]))
    each = Predictions(("a",), logits_NVK, np.array([0]), ("x", "y"))
    assert each.scores_NK()[0, 0] == pytest.approx((0.9 + 0.3 + 0.3) / 3)
    product = np.array([0.9 * 0.3 * 0.3, 0.1 * 0.7 * 0.7]) ** (1 / 3)
    assert replace(each, average="logits").scores_NK()[0] == pytest.approx(product / product.sum())
    several = Predictions(("a",), logits_NVK, np.array([[1, 0]]), ("x", "y"), average="logits")
    assert several.scores_NK()[0] == pytest.approx(1 / (1 + np.exp(-logits_NVK[0].mean(0))))


def test_accuracy_by_clips_ends_with_that_of_all() -> None:
    generator = np.random.default_rng(0)
    answers = Predictions(tuple("abcdefgh"), generator.normal(size=(8, 6, 3)), np.arange(8) % 3, ("x", "y", "z"))
    points = accuracy_by_clips(answers, crops=2)
    assert [count for count, _ in points] == [1, 2, 3]
    scores = answers.scores_NK()
    assert points[-1][1].value == (scores.argmax(1) == answers.targets).mean()
    middle = replace(answers, logits_NVK=answers.logits_NVK[:, 2:4]).scores_NK()
    assert points[0][1].value == (middle.argmax(1) == answers.targets).mean()
    assert spread(10, 2).tolist() == [0, 9]


def test_a_run_is_judged_by_a_protocol(run: Path) -> None:
    way = Protocol(2, 3, "logits", frames=2, size=40, sampling="dense", stride=2)
    found = kinema.evaluate(run, protocol=way, machine=HERE)
    assert (found.name, found.views, found.about.average) == ("test-2x3-dense-stride2-2f-40px-logits", 6, "logits")
    assert found.about.clip is not None
    assert (found.about.clip.height, found.about.clip.frames, found.about.clip.sampling) == (40, 2, "dense")
    again = Evaluation.load(run / "evaluation" / f"{found.name}.json")
    assert again.to_dict() == found.to_dict()
    assert [row["clips"] for row in found.to_dict()["by_clips"]] == [1, 2]
    assert found.about.protocol == way
    page = (run / "report.html").read_text("utf-8")
    assert "3x2-40px, average of logits, 2 frames, dense, stride 2" in page
    assert "2 frames of 40 × 40 pixels, rgb, every 2 frames" in page
    assert "the logits of 6 are averaged" in page
    text = command("evaluate", run, "--protocol", "3x2", "--average", "logits", "--workers", "0")
    assert "top-1 by the number of clips, tam-resnet_tiny: 1: " in text
    assert "3x2 (ssv2), average of logits\n" in text
    assert (run / "evaluation" / "test-2x3-logits.json").is_file()
    assert "leave out --views and --crops" in command("evaluate", run, "--protocol", "3x2", "--views", "3", code=2)


@pytest.mark.slow
def test_two_results_are_compared_with_what_else_differs(run: Path, tmp_path: Path) -> None:
    kinema.evaluate(run, machine=HERE)
    kinema.evaluate(run, views=2, machine=HERE)
    other = Path(shutil.copytree(run, tmp_path / "other"))
    recipe = (other / "recipe.yaml").read_text().replace("tam-resnet_tiny", "tam-resnet18-tp")
    (other / "recipe.yaml").write_text(recipe.replace("frames: 4", "frames: 8").replace("flip: true", "flip: false")
                                        .replace("frozen: 0", "frozen: 1").replace("distil: null", "distil: runs/a"))
    pair = [Evaluation.load(run / "evaluation" / "test.json"), Evaluation.load(other / "evaluation" / "test-2x1.json")]
    assert [(each.kind, each.what, each.one, each.other) for each in differing(*pair)] == [
        ("backbone", "it", "resnet_tiny", "resnet18"), ("backbone", "temporal pooling", False, True),
        ("input length", "frames", 4, 8), ("picture", "flip", True, False), ("training", "frozen", 0, 1),
        ("training", "distil", None, "runs/a"), ("evaluation", "clips_per_video", 1, 2)]
    facts = json.loads((run / "evaluation" / "test.json").read_text())
    facts |= {"clip": facts["clip"] | {"frames": 9, "sampling": "dense"}, "model": "a + b (average)"}
    (run / "evaluation" / "dense.json").write_text(json.dumps(facts))
    for ending in (".npz", ".csv"):
        shutil.copy(run / "evaluation" / f"test{ending}", run / "evaluation" / f"dense{ending}")
    dense = Evaluation.load(run / "evaluation" / "dense.json")
    assert [str(each) for each in differing(pair[0], dense)] == [
        "network: what answered is tam-resnet_tiny and a + b (average)", "evaluation: frames is 4 and 9",
        "evaluation: sampling is uniform and dense"]
    for name, where in (("evaluate", run), ("temporal", run)):
        assert re.search(r"The clips come from \d sources? only", command(name, where, "--accelerator", "cpu")), name
    text = command("compare", run, other / "evaluation" / "test-2x1.json")
    assert "on the same clips" in text
    assert "input length: frames is 4 and 8" in text
    assert "training: distil is none and runs/a" in text
    assert re.search(r"The clips come from \d sources? only", text)
    said = json.loads(command("compare", run, run, "--json"))
    assert (said["difference"], said["paired"], said["differing"]) == (0.0, True, [])
    assert "no difference is shown" in command("compare", run, run)
    none = command("compare", run, run, "--name", "val", code=1)
    assert "has no evaluation 'val'; it has dense, test, test-2x1" in none


def test_probes_change_the_frames_that_are_read() -> None:
    indices_VT = torch.arange(10, 18)[None]
    assert shuffled(indices_VT, 40, "a").tolist() != indices_VT.tolist()
    assert sorted(shuffled(indices_VT, 40, "a")[0].tolist()) == indices_VT[0].tolist()
    assert torch.equal(shuffled(indices_VT, 40, "a"), shuffled(indices_VT, 40, "a"))
    assert PROBES["reversed"].frames(indices_VT, 40, "a").tolist() == [[17, 16, 15, 14, 13, 12, 11, 10]]
    assert PROBES["frozen"].frames(indices_VT, 40, "a").tolist() == [[14] * 8]
    twice = faster(indices_VT, 40, "a", 2.0)
    assert twice.diff().tolist() == [[2] * 7]
    assert faster(indices_VT, 16, "a", 2.0).max() == 15


def test_a_run_is_probed(run: Path) -> None:
    found = {each.name: each for each in temporal_probes(Run.open(run), machine=HERE)}
    assert [*found] == [*PROBES, SINGLE]
    assert found["as they are"].gain.estimate.value == 0
    assert all(each.gain.paired for each in found.values())
    said = json.loads(command("temporal", run, "--workers", "0", "--json"))
    assert [row["frames"] for row in said] == [*found]
    assert said[1]["top1"] == found["shuffled"].top1.value


@pytest.mark.parametrize(("name", "minds"), [("tsn-resnet_tiny", False), ("tam-resnet_tiny", True)])
def test_a_network_that_sees_single_frames_does_not_mind_their_order(run: Path, name: str, minds: bool) -> None:
    network, table = kinema.create_model(name, 12, clip=ClipSpec(4, 32, 32)), Run.open(run).split().test
    table = table.subset(range(4))
    plain, *others = (predict(network, table, machine=HERE, probe=probe, quiet=True).predictions.logits_NVK
                      for probe in (PROBES[AS_THEY_ARE], PROBES["shuffled"], PROBES["reversed"]))
    for other in others:
        assert np.allclose(plain, other, atol=1e-5) is not minds
