"""A file for another runtime gives the network's answers, used as its .json says and without kinema."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from kinema.cli.app import app
from kinema.errors import KinemaError, ModelError
from kinema.inference.export import export
from kinema.models import Network, create_model
from kinema.models.streaming import State, Steps

pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")


def network(name: str, **options: Any) -> Network:
    """A small network that sees small clips."""
    torch.manual_seed(0)
    made = create_model(name, classes=3, frames=4, **options).eval()
    made.clip = made.clip.__class__(**{**made.clip.to_dict(), "height": 32, "width": 32})
    return made


def runs(path: Path) -> Any:
    """A file, as someone without kinema runs it: a function of named arrays."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        outputs = [entry.name for entry in session.get_outputs()]
        return lambda values: dict(zip(outputs, session.run(None, values), strict=True))
    import openvino

    model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda values: {port.get_any_name(): np.array(value) for port, value in model(values).items()}


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_a_clips_file(tmp_path: Path, suffix: str) -> None:
    made = network("tam-resnet_tiny")
    path = tmp_path / f"a{suffix}"
    export(made, path)
    clip_1CTHW = torch.randn(1, *made.clip.shape_CTHW)
    with torch.inference_mode():
        expected_1K = made(clip_1CTHW).numpy()
    assert np.allclose(runs(path)({"clip": clip_1CTHW.numpy()})["logits"], expected_1K, atol=1e-4 * expected_1K.std())
    facts = json.loads((tmp_path / "a.json").read_text())
    assert facts["model"] == "tam-resnet_tiny"
    assert facts["clip"]["frames"] == 4


@pytest.mark.parametrize("cameras", [1, 2])
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
@pytest.mark.parametrize("name", ["tsm-resnet_tiny", "i3d-resnet_tiny"])
def test_a_streams_file_is_fed_its_own_state(tmp_path: Path, name: str, suffix: str, cameras: int) -> None:
    made = network(name, causal=True)
    path = tmp_path / f"a{suffix}"
    export(made, path, stream=True, cameras=cameras)
    facts = json.loads((tmp_path / "a.json").read_text())
    run, steps, state = runs(path), Steps(made), State()
    frame, count, *kept = facts["inputs"]
    values = {entry["name"]: np.full(entry["shape"], float(entry["begins"]), np.float32) for entry in kept}
    for number in range(6):
        frame_NC1HW = torch.randn(frame["shape"])
        with torch.inference_mode():
            expected_NK, state = steps(frame_NC1HW, state)
        found = run({frame["name"]: frame_NC1HW.numpy(), count["name"]: np.array(number, np.float32), **values})
        assert np.allclose(found["logits"], expected_NK, atol=1e-4 * float(expected_NK.std()))
        values = {entry["name"]: found[after] for entry, after in zip(kept, facts["outputs"][1:], strict=True)}


def test_what_cannot_be_exported_is_told(tmp_path: Path) -> None:
    with pytest.raises(KinemaError, match=r"a\.bin is no file of a known kind; expected \.onnx \(onnx\), \.xml"):
        export(network("tsn-resnet_tiny"), tmp_path / "a.bin")
    with pytest.raises(ModelError, match="looks at later frames"):
        export(network("tsm-resnet_tiny"), tmp_path / "a.onnx", stream=True)
    assert not [*tmp_path.iterdir()]


def test_a_run_is_exported(tiny_run: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["export", str(tiny_run), str(tmp_path / "a.onnx")])
    assert told.exit_code == 0, told.output
    assert "1 in and 1 out" in told.output
    assert json.loads((tmp_path / "a.json").read_text())["labels"]
