"""The program beside an exported file: it runs without kinema and says what kinema says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from kinema.cli.app import app
from kinema.data.video import open_video
from kinema.inference.export import export
from kinema.inference.export.formats import FORMATS
from kinema.inference.recognizer import Recognizer
from kinema.inference.stream import Stream
from kinema.models import ClipSpec, create_model
from kinema.runs import Run

pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")


def facts_in(path: Path) -> dict[str, Any]:
    """What a file tells of itself, as its own runtime reads it."""
    if path.suffix == ".onnx":
        import onnxruntime

        return json.loads(onnxruntime.InferenceSession(path).get_modelmeta().custom_metadata_map["kinema"])
    if path.suffix == ".xml":
        import openvino

        return json.loads(openvino.Core().read_model(path).get_rt_info(["kinema"]).astype(str))
    inside = {"kinema.json": ""}
    if path.suffix == ".pt":
        torch.jit.load(str(path), _extra_files=inside)
    else:
        torch.export.load(path, extra_files=inside)
    return json.loads(inside["kinema.json"])


def ran(script: Path, video: Path) -> list[list[str]]:
    """The lines that an example prints, run where kinema cannot be found."""
    code = ("import runpy, sys; sys.modules['kinema'] = None; sys.argv = sys.argv[1:]; "
            "runpy.run_path(sys.argv[0], run_name='__main__')")
    found = subprocess.run([sys.executable, "-c", code, str(script), str(video)], capture_output=True, text=True,
                           cwd=script.parent)
    assert found.returncode == 0, found.stderr
    return [line.split("\t") for line in found.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("to", ["onnx", "openvino", "torchscript", "pt2"])
def test_a_run_is_exported_with_an_example(tiny_run: Path, motion: Path, tmp_path: Path, to: str) -> None:
    path = tmp_path / f"a{FORMATS[to].suffix}"
    told = CliRunner().invoke(app, ["export", str(tiny_run), str(path), "--to", to])
    assert told.exit_code == 0, told.output
    run = Run.open(tiny_run)
    clips = len(run.split().validation)
    assert f"the same label on 100.0% of {clips} validation clips" in told.output
    facts = json.loads((tmp_path / f"a_{to}.json").read_text())
    assert facts["checked"]["clips"] == clips
    assert facts["checked"]["top1"] == 1
    assert max(facts["checked"]["difference"], facts["checked"]["noise"]) < 1e-4
    inside = facts_in(path)
    assert inside == {key: value for key, value in facts.items() if key not in ("checked", "example")}
    assert inside["labels"] == list(run.labels)
    video = sorted(motion.rglob("*.mp4"))[0]
    expected = Recognizer(run, device="cpu")(video).top[:5]
    for (label, score), (expected_label, expected_score) in zip(ran(tmp_path / f"a_{to}_example.py", video),
                                                                expected, strict=True):
        assert label == expected_label
        assert float(score) == pytest.approx(expected_score, abs=2e-4)
    assert {file.name for file in tmp_path.iterdir()} <= {path.name, "a.bin", f"a_{to}.json", f"a_{to}_example.py"}
    lines = (tmp_path / f"a_{to}_example.py").read_text().splitlines()
    assert len([line for line in lines if line]) <= 29  # of them seven the docstring and imports
    assert max(map(len, lines)) <= 120


@pytest.mark.slow
@pytest.mark.parametrize("options", [
    {"clip": {"input": "difference"}}, {"clip": {"sampling": "dense", "stride": 2, "crop": "stretch"}},
    {"clip": {"order": "bgr", "resize": 40}}, {"clip": {"sampling": "dense", "fps": 6.0, "resize": [40, 48]}}],
    ids=["difference", "dense", "bgr", "fps"])
def test_examples_prepare_clips_as_their_networks_want_them(motion: Path, tmp_path: Path, options: dict) -> None:
    torch.manual_seed(0)
    spec = ClipSpec.from_dict({"frames": 4, "height": 32, "width": 32, **options["clip"]})
    made = create_model("tsm-resnet_tiny", classes=3, clip=spec).eval()
    export(made, tmp_path / "a.pt2")
    video = sorted(motion.rglob("*.mp4"))[0]
    expected = {label.removeprefix("class "): score for label, score in
                Recognizer(made, device="cpu", window=60)(video).top}
    found = {label: float(score) for label, score in ran(tmp_path / "a_pt2_example.py", video)}
    assert found == pytest.approx(expected, abs=2e-3)


@pytest.mark.slow
def test_a_streams_example_says_what_the_stream_says(motion: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = create_model("tsm-resnet_tiny", classes=3, clip=ClipSpec(4, 32, 32), causal=True).eval()
    export(made, tmp_path / "a.onnx", stream=True)
    video = sorted(motion.rglob("*.mp4"))[0]
    stream, due, expected = Stream(made, device="cpu"), 0.0, []
    with open_video(video) as opened:
        for seconds, picture in opened.frames():
            if seconds >= due:
                due = seconds + 0.99 * stream.frame_seconds
                expected.append(str(int(stream.push(picture).argmax())))
    assert [label for _, label, _ in ran(tmp_path / "a_onnx_example.py", video)] == expected
