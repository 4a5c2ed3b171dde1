"""A file for another runtime gives the network's answers, used as its .json says and without kinema."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kinema.errors import KinemaError, ModelError
from kinema.evaluation.predict import predict
from kinema.inference.export import check, export
from kinema.inference.export.check import must_agree, on_clips
from kinema.inference.export.formats import FORMATS, by_torch, format_of
from kinema.inference.export.write import path_of
from kinema.models import ClipSpec, Network, create_model
from kinema.models.streaming import State, Steps
from kinema.runs import Run

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


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_a_clips_file(tmp_path: Path, suffix: str) -> None:
    made = network("tam-resnet_tiny")
    path = tmp_path / f"a{suffix}"
    export(made, path)
    clip_1CTHW = torch.randn(1, *made.clip.shape_CTHW)
    with torch.inference_mode():
        expected_1K = made(clip_1CTHW).numpy()
    assert np.allclose(runs(path)({"clip": clip_1CTHW.numpy()})["logits"], expected_1K, atol=1e-4 * expected_1K.std())
    facts = json.loads((tmp_path / f"a_{format_of(path)}.json").read_text())
    assert facts["model"] == "tam-resnet_tiny"
    assert facts["clip"]["frames"] == 4


@pytest.mark.slow
@pytest.mark.parametrize(("name", "suffix", "cameras"), [
    ("tsm-resnet_tiny", ".onnx", 1), ("tsm-resnet_tiny", ".xml", 2),
    ("i3d-resnet_tiny", ".onnx", 2), ("i3d-resnet_tiny", ".xml", 1)])
def test_a_streams_file_is_fed_its_own_state(tmp_path: Path, name: str, suffix: str, cameras: int) -> None:
    made = network(name, causal=True)
    path = tmp_path / f"a{suffix}"
    export(made, path, stream=True, cameras=cameras)
    facts = json.loads((tmp_path / f"a_{format_of(path)}.json").read_text())
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


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_an_exported_run_gives_its_top_label_on_all_validation_clips(
    tiny_run: Path, tmp_path: Path, suffix: str
) -> None:
    run, path = Run.open(tiny_run), tmp_path / f"a{suffix}"
    export(run, path)
    file, model, table = runs(path), run.model(), run.split().validation
    answers = [predict(model, table, quiet=True, engine=engine).predictions.scores_NK().argmax(1) for engine in (
        None, lambda clips: torch.cat([torch.from_numpy(file({"clip": clip.numpy()})["logits"])
                                       for clip in clips.contiguous().split(1)]))]
    assert len(answers[0]) == len(table) > 5
    assert np.array_equal(*answers)


def test_a_file_that_is_off_is_not_written(tiny_run: Path) -> None:
    run = Run.open(tiny_run)
    network, other = run.model(), run.network().eval()
    off = on_clips(run, network, by_torch(other))
    assert off is not None
    with pytest.raises(KinemaError, match=r"Nothing was written.* differ by .* on validation clips"):
        must_agree(0.0, off, int8=False)
    with pytest.raises(KinemaError, match="on noise"):
        must_agree(float("nan"), None, int8=False)
    with pytest.raises(KinemaError, match="get the network's label in int8"):
        must_agree(None, off._replace(top1=0.2), int8=True)
    must_agree(1e-5, off._replace(difference=1e-5), int8=False)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_int8(tiny_run: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nncf")
    monkeypatch.setattr(check, "AGREES", 0.2)  # two epochs leave the network next to undecided
    facts = export(tiny_run, tmp_path / f"a{suffix}", int8=True)
    assert facts["precision"] == "int8"
    assert facts["checked"]["noise"] is None
    assert 1e-4 < facts["checked"]["difference"] < 1.5
    graph = (tmp_path / f"a{suffix}").read_bytes()
    assert b"QuantizeLinear" in graph or b"FakeQuantize" in graph


def test_what_is_there_is_not_written_over(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "a_torchscript.json").write_text('{"mine": 1}')
    with pytest.raises(KinemaError, match=r"a_torchscript\.json, which is no export's, would be written over"):
        export(tiny_run, tmp_path / "a.pt")
    assert [file.name for file in tmp_path.iterdir()] == ["a_torchscript.json"]


@pytest.mark.slow
def test_formats_of_one_name_leave_each_other_alone(tmp_path: Path) -> None:
    made = network("tsn-resnet_tiny")
    for suffix in (".pt", ".onnx"):
        facts = export(made, tmp_path / f"a{suffix}")
        assert (tmp_path / facts["example"]).exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "a.onnx", "a.pt", "a_onnx.json", "a_onnx_example.py", "a_torchscript.json", "a_torchscript_example.py"]
    assert json.loads((tmp_path / "a_torchscript.json").read_text())["format"] == "torchscript"


def test_a_name_with_spaces_is_quoted_where_it_is_to_be_typed(tmp_path: Path) -> None:
    program = tmp_path / export(network("tsn-resnet_tiny"), tmp_path / "my first.pt")["example"]
    assert f"python '{program.name}' VIDEO" in program.read_text().splitlines()[0]


def test_a_network_of_one_class(tmp_path: Path) -> None:
    made = create_model("tsn-resnet_tiny", classes=1, clip=ClipSpec(4, 32, 32)).eval()
    assert export(made, tmp_path / "a.pt")["checked"]["noise"] < 1e-4
    assert export(made, tmp_path / "a.pt")["checked"]["noise"] < 1e-4  # again, over the one before


def test_formats_are_told_apart(tiny_run: Path, tmp_path: Path) -> None:
    for to, each in FORMATS.items():
        assert path_of("runs/first", to, None) == Path(f"first{each.suffix}")
    with pytest.raises(KinemaError, match=r"--to onxn is unknown; expected onnx, .* Nearest: onnx"):
        path_of("runs/first", "onxn", None)
    with pytest.raises(KinemaError, match=r"--to onnx is written as \.onnx, and a\.xml ends otherwise"):
        path_of("runs/first", "onnx", Path("a.xml"))
    with pytest.raises(KinemaError, match=r"Name a file to write, such as first\.onnx"):
        path_of("runs/first", None, None)
    with pytest.raises(KinemaError, match="int8 is written as onnx and openvino, not as pt2"):
        export(tiny_run, tmp_path / "a.pt2", int8=True)
    with pytest.raises(KinemaError, match="without a run"):
        export(network("tsn-resnet_tiny"), tmp_path / "a.onnx", int8=True)
    with pytest.raises(KinemaError, match="A stream is written in float32"):
        export(network("tsn-resnet_tiny"), tmp_path / "a.onnx", stream=True, int8=True)
    assert not [*tmp_path.iterdir()]
