"""`kinema weights` and recognition with a checkpoint instead of a run."""

import json
from pathlib import Path

import pytest
import torch

import kinema as library
from kinema.data.video import open_video
from kinema.models import create_model
from kinema.recipe import Recipe
from kinema.training.start import completed, start_from
from kinema.weights import catalogue, save_network
from kinema.weights.catalogue import LOADABLE, all_checkpoints, checkpoints
from tests.cli.test_cli import kinema
from tests.weights.server import serving


def test_checkpoints_are_listed_with_what_is_known_of_them() -> None:
    rows = json.loads(kinema("weights", "list", "x3d_m", "--json"))
    assert {row["model"] for row in rows} == {"x3d_m"}
    assert all(row["accuracy"] > 70 and row["clip"]["frames"] == 16 for row in rows)
    text = kinema("weights", "list", "videomae/*")
    assert "non-commercial: CC-BY-NC-4.0" in text
    assert "skeletons" not in kinema("weights", "list")
    assert len(kinema("weights", "list", "--all").splitlines()) == len(all_checkpoints()) + 1
    assert "No checkpoint matches 'nothing'" in kinema("weights", "list", "nothing", code=1)


def test_a_file_is_recognised_converted_and_used(tmp_path: Path, motion: Path) -> None:
    torch.manual_seed(0)
    network = create_model("tam-resnet_tiny", 2, frames=4, taps=5)
    wrapped = {f"module.{key}": value for key, value in network.state_dict().items()}
    torch.save({"state_dict": wrapped}, tmp_path / "a.pth")
    (tmp_path / "labels.txt").write_text("fall\nwalk\n")
    found = json.loads(kinema("weights", "identify", tmp_path / "a.pth", "--json"))
    assert found == [{"model": "tam-resnet_tiny", "options": {"taps": 5, "depthwise": True}, "open": ["tp", "pool"]}]
    text = kinema("weights", "convert", tmp_path / "a.pth", "--out", tmp_path / "b.safetensors", code=1)
    assert "do not show its tp" in text
    kinema("weights", "convert", tmp_path / "a.pth", "--option", "tp=false", "--option", "frames=4",
           "--labels", tmp_path / "labels.txt", "--out", tmp_path / "b.safetensors")
    back = library.from_checkpoint(tmp_path / "b.safetensors")
    assert (back.name, back.labels, back.clip.frames) == ("tam-resnet_tiny", ("fall", "walk"), 4)
    video = next(motion.rglob("*.mp4"))
    [told] = json.loads(kinema("recognize", video, "--weights", tmp_path / "b.safetensors", "--json"))
    assert {row["label"] for row in told["top"]} == {"fall", "walk"}
    assert told["top"][0]["label"] == library.Recognizer(tmp_path / "b.safetensors")(video).label


@pytest.mark.slow
def test_an_official_checkpoint_is_fetched_and_recognises(
    tmp_path: Path, motion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way of an id, with a checkpoint of that network made here in the place of the official one."""
    row = next(row for row in checkpoints("x3d_xs") if row.id.startswith("pytorchvideo/") and row.status == LOADABLE)
    torch.manual_seed(0)
    save_network(create_model(row.model, 400, **row.options, shortcut_norm=False), tmp_path / "x.safetensors")
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path / "cache"))
    with serving() as server:
        server.files["/x.safetensors"] = (tmp_path / "x.safetensors").read_bytes()
        there = catalogue.Checkpoint(**{**vars(row), "urls": (f"{server.url}/x.safetensors",)})
        monkeypatch.setitem(all_checkpoints(), row.id, there)
        path = kinema("weights", "get", row.id).strip()
    assert Path(path).stat().st_size > 1e7
    monkeypatch.setenv("KINEMA_OFFLINE", "1")
    network = library.create_model(row.model, pretrained=row.id)
    assert (network.classes, network.labels[0], network.clip) == (400, "abseiling", row.spec)
    assert library.create_model(row.model, 5, pretrained=row.id).classes == 5
    recipe, _ = completed(Recipe(str(motion), model=row.model, start=row.id, options=row.options))
    started = library.create_model(row.model, 5, **recipe.options)
    start_from(started, recipe)
    assert torch.equal(started.backbone.stem.time.weight, network.backbone.stem.time.weight)  # type: ignore[union-attr]
    video = next(motion.rglob("*.mp4"))
    [told] = json.loads(kinema("recognize", video, "--weights", row.id, "--json"))
    assert told["top"][0]["label"] in network.labels
    with open_video(video) as frames:
        assert len(frames) == 8


def test_what_is_wrong_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path))
    monkeypatch.setenv("KINEMA_OFFLINE", "1")
    assert "Nearest: pytorchvideo/x3d" in kinema("weights", "get", "pytorchvideo/x3d", code=1)
    assert "KINEMA_OFFLINE=1 forbids" in kinema("recognize", tmp_path / "a.mp4", code=1)
    assert "is a run; name the videos after it" in kinema("recognize", make_run(tmp_path), code=1)
    (tmp_path / "b.pth").write_text("hello")
    assert "is no file of weights" in kinema("weights", "identify", tmp_path / "b.pth", code=1)
    assert "Weights cannot be written for 'pytorchvide'" in kinema(
        "weights", "export", saved(tmp_path), "--to", "pytorchvide", "--out", tmp_path / "c.pth", code=1)


def make_run(folder: Path) -> Path:
    (folder / "run").mkdir()
    (folder / "run" / "run.json").write_text("{}")
    return folder / "run"


def saved(folder: Path) -> Path:
    return save_network(create_model("tsn-resnet_tiny", 2), folder / "tiny.safetensors")
