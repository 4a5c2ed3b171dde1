"""Every engine gives the network's answers."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import checks
from kinema import Recognizer, create_model
from kinema.errors import KinemaError
from kinema.inference.engines import ENGINES, choose, winograd
from kinema.inference.engines.choose import engine_of, made
from kinema.inference.engines.fold import folded
from kinema.models import ClipSpec
from kinema.runs import Run
from tests.cli.test_cli import kinema
from tests.models.test_networks import TINY

FEW = ("tam-resnet_tiny", "i3d+se-x3d_xs")
FAMILIES = [name for name in checks.one_of_each_family() if not name.startswith("hog3d") and name != "hog3d"]


def check(name: str, engine: str, precision: str = "fp32", close: float = 1e-4) -> None:
    """Are an engine's answers those of the network, and is the network as it was?"""
    subject = checks.subject(name)
    exact = torch.float64 if engine == "torch" and precision == "fp32" else torch.float32  # some amplify rounding
    subject.network.to(exact)
    clips_NCTHW = subject.clip(clips=2).to(exact)
    expected_NK = checks.logits(subject.network, clips_NCTHW)
    found_NK = made(engine, subject.network, precision)(clips_NCTHW)
    assert found_NK.shape == expected_NK.shape
    assert (found_NK - expected_NK).abs().max() <= close * expected_NK.std()
    assert torch.equal(checks.logits(subject.network, clips_NCTHW), expected_NK)


@pytest.mark.parametrize("name", TINY)
def test_folded_batch_norms_change_no_answer(name: str) -> None:
    check(name, "torch")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FAMILIES, "r3d-preact_resnet18"])
def test_packed_convolutions_and_folded_batch_norms_change_no_answer_of_any_family(name: str) -> None:
    """In float32, where the networks' own rounding is no less; and the batch norms alone in float64."""
    subject = checks.subject(name)
    clips_NCTHW = subject.clip()
    found_NK, own_NK = made("torch", subject.network, "fp32")(clips_NCTHW), checks.logits(subject.network, clips_NCTHW)
    exact_NK = checks.logits(subject.network.double(), clips_NCTHW.double())
    rounding = (own_NK - exact_NK).abs().max()
    assert (found_NK - exact_NK).abs().max() <= torch.maximum(1e-4 * exact_NK.std(), 4 * rounding)
    folded_NK = made("torch", subject.network, "fp32")(clips_NCTHW.double())
    assert (folded_NK - exact_NK).abs().max() <= 1e-4 * exact_NK.std()
    assert torch.equal(checks.logits(subject.network, clips_NCTHW.double()), exact_NK)


def test_norms_in_rows_are_folded() -> None:
    left = [layer for layer in folded(create_model("tam-resnet18").eval()).modules()
            if isinstance(layer, torch.nn.BatchNorm3d)]
    assert left == []


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"causal": True}, {"before": "block"}])
def test_blocks_may_change_their_input_but_no_answer(options: dict) -> None:
    for name in ("tsm-resnet18", "tin-resnet18")[: 2 - ("causal" in options)]:
        network = create_model(name, 5, frames=4, **options).double().eval()
        clips_NCTHW = torch.randn(2, 3, 4, 32, 32, dtype=torch.float64)
        before_NCTHW = clips_NCTHW.clone()
        expected_NK = checks.logits(network, clips_NCTHW)
        found_NK = made("torch", network, "fp32")(clips_NCTHW)
        torch.testing.assert_close(found_NK.double(), expected_NK, rtol=1e-5, atol=1e-5)
        assert torch.equal(clips_NCTHW, before_NCTHW)
        assert torch.equal(checks.logits(network, clips_NCTHW), expected_NK)


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "tsm-resnet18", "x3d_xs", "ircsn-resnet_tiny", "tin-resnet50", "r3d-preact_resnet18", "movinet_a0"])
@pytest.mark.parametrize("fewer", [False, True])
def test_packed_convolutions_give_the_networks_answers(name: str, fewer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In float32 and bf16, in clips of one shape and of another, from several clips at once."""
    monkeypatch.setattr(winograd, "LEAST", 1 if fewer else 10**12)
    torch.manual_seed(0)
    network = create_model(name, 5, frames=4).eval()
    answer, nearly = made("torch", network, "fp32"), made("torch", network, "bf16")
    for clips, size in (2, 32), (1, 32), (3, 48):
        clips_NCTHW = torch.randn(clips, 3, 4, size, size)
        exact_NK = checks.logits(deepcopy(network).double(), clips_NCTHW.double())
        rounding = (checks.logits(network, clips_NCTHW) - exact_NK).abs().max()
        assert (answer(clips_NCTHW) - exact_NK).abs().max() <= torch.maximum(1e-4 * exact_NK.std(), 3 * rounding)
        assert (nearly(clips_NCTHW) - exact_NK).abs().max() <= 0.2 * exact_NK.std()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["openvino", "onnx"])
@pytest.mark.parametrize("name", FEW)
def test_runtimes_give_the_same_answers(name: str, engine: str) -> None:
    pytest.importorskip(ENGINES[engine].package)
    check(name, engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_lower_precision_is_near(engine: str) -> None:
    if ENGINES[engine].package:
        pytest.importorskip(ENGINES[engine].package)
    check(FEW[0], engine, "bf16", close=0.1)


@pytest.mark.parametrize(("engine", "precision", "why"), [
    ("opnvino", "fp32", "The engine 'opnvino' is unknown; .* Nearest: openvino"),
    ("torch", "bf61", "The precision 'bf61' is unknown; .* Nearest: bf16"),
    ("onnx", "bf16", "engine onnx computes in fp32, not in bf16"),
    ("torch", "int8", "engine torch computes in fp32, bf16, not in int8"),
    ("auto", "int8", "calibrated on a run's training clips, and tsn-resnet_tiny .* Nearest: the precision bf16"),
])
def test_what_is_no_engine_is_told(engine: str, precision: str, why: str) -> None:
    with pytest.raises(KinemaError, match=why):
        engine_of(create_model("tsn-resnet_tiny"), engine, precision)


def test_the_quickest_is_measured_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path))
    monkeypatch.setattr(choose, "find_spec", lambda package: None)  # as where nothing else is installed
    network = create_model("tsn-resnet_tiny", clip=ClipSpec(4, 32, 32)).eval()
    first = engine_of(network, "auto")
    assert [*first.milliseconds] == ["torch"]
    assert first.name == "torch"
    [path] = tmp_path.glob("**/engines.json")
    kept = json.loads(path.read_text())
    assert [*kept.values()] == [first.milliseconds]
    path.write_text(json.dumps({key: {"torch": 1.5} for key in kept}))
    assert engine_of(network, "auto").milliseconds == {"torch": 1.5}
    for broken in ("no json", "[]", json.dumps({key: None for key in kept}), json.dumps({key: {} for key in kept}),
                   json.dumps({key: {"gone": 1} for key in kept})):
        path.write_text(broken)
        assert engine_of(network, "auto").name == "torch"
    monkeypatch.setenv("KINEMA_CACHE", str(path))  # where nothing can be kept
    assert engine_of(network, "auto").name == "torch"


@pytest.mark.parametrize("engine", ["torch", pytest.param("openvino", marks=pytest.mark.slow)])
def test_a_network_that_is_trained_on_changes_no_answer(engine: str) -> None:
    if ENGINES[engine].package:
        pytest.importorskip(ENGINES[engine].package)
    network = create_model("tam-resnet_tiny", 5, clip=ClipSpec(4, 32, 32)).double().eval()
    recognizer = Recognizer(network, device="cpu", engine=engine)
    frames_THWC = np.random.default_rng(0).integers(0, 255, (8, 40, 40, 3), np.uint8)
    before = recognizer(frames_THWC).top
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
    assert recognizer(frames_THWC).top == before
    assert Recognizer(network, device="cpu", engine=engine)(frames_THWC).top != before


LEFT_OUT = """
import sys
sys.modules["onnxscript"] = None  # as where it is not installed
from kinema import ClipSpec, create_model
from kinema.errors import ModelError
from kinema.inference.engines import choose
network = create_model("tsn-resnet_tiny", clip=ClipSpec(4, 32, 32)).eval()
try:
    choose.made("onnx", network, "fp32")
except ModelError as error:
    print(error)
print(*choose.measured(network, "fp32"))
"""


@pytest.mark.slow
def test_an_engine_that_cannot_be_made_is_left_out(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "compiled").symlink_to(Path(os.environ["KINEMA_CACHE"]) / "compiled")
    done = subprocess.run([sys.executable, "-c", LEFT_OUT], capture_output=True, text=True, timeout=100, check=True,
                          env={**os.environ, "KINEMA_CACHE": str(tmp_path)})
    told, found = done.stdout.splitlines()
    assert told == "The engine onnx lacks onnxscript: pip install 'kinema[onnx]'."
    assert "torch" in found.split()
    assert "onnx" not in found.split()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_several_threads_may_ask_at_once(engine: str) -> None:
    if ENGINES[engine].package:
        pytest.importorskip(ENGINES[engine].package)
    network = create_model("r2plus1d-resnet_tiny", 5, clip=ClipSpec(4, 32, 32)).eval()
    answer = made(engine, network, "fp32")
    clips = [torch.randn(1, 3, 4, size, size) for size in ((32, 32, 32, 32) if engine == "openvino" else (32, 64))] * 8
    expected = [checks.logits(network, clip_NCTHW) for clip_NCTHW in clips]
    with ThreadPoolExecutor(4) as threads:
        for found_NK, expected_NK in zip(threads.map(answer, clips), expected, strict=True):
            torch.testing.assert_close(found_NK, expected_NK, rtol=1e-3, atol=1e-3 * float(expected_NK.std()))


@pytest.mark.slow
def test_a_run_tells_how_far_lower_precision_agrees(tiny_run: Path, motion: Path) -> None:
    exact = Recognizer(tiny_run, device="cpu")
    assert exact.agreement is None
    near = Recognizer(tiny_run, device="cpu", precision="bf16")
    assert near.agreement is not None
    assert 0.9 <= near.agreement.share <= 1
    kept = json.loads((tiny_run / "agreement.json").read_text())
    assert kept["torch bf16"] == [*near.agreement]
    video = next(motion.glob("*/*.mp4"))
    assert near(video).top[0][1] == pytest.approx(exact(video).top[0][1], abs=0.05)
    text = kinema("recognize", tiny_run, video, "--precision", "bf16", "--device", "cpu")
    assert video.name in text


@pytest.mark.slow
def test_int8_is_calibrated_once_on_training_clips(
    tiny_run: Path, motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("nncf")
    from kinema.inference.engines import int8

    folder = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    run = Run.open(folder)
    seen: list[str] = []
    read = int8.EvaluationClips.__getitem__
    monkeypatch.setattr(int8.EvaluationClips, "__getitem__", lambda clips, index: (
        seen.append(clips.table.rows[index].path), read(clips, index))[1])
    near = Recognizer(folder, device="cpu", engine="openvino", precision="int8")
    calibrated = seen[: json.loads((folder / "int8.json").read_text())["clips"]]
    assert {*calibrated} <= {row.path for row in run.split().train.rows}
    assert near.agreement is not None
    assert near.agreement.share >= 0.8
    assert json.loads((folder / "agreement.json").read_text())["openvino int8"] == [*near.agreement]
    stamp = (folder / "int8.xml").stat().st_mtime_ns
    video = next(motion.glob("*/*.mp4"))
    text = kinema("recognize", folder, video, "--precision", "int8", "--engine", "auto", "--device", "cpu")
    assert video.name in text
    assert (folder / "int8.xml").stat().st_mtime_ns == stamp
    (folder / "best.safetensors").touch()
    assert Recognizer(folder, device="cpu", engine="openvino", precision="int8").engine.name == "openvino"
    assert (folder / "int8.xml").stat().st_mtime_ns > stamp
