"""`kinema explain` from end to end, as it is called."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinema import Recipe, train
from kinema.cli.app import app
from kinema.data.video import open_video
from kinema.machine import Machine
from tests.cli.test_cli import kinema


@pytest.fixture(scope="module")
def vit_run(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "vit"
    recipe = Recipe(str(motion), out=str(out), model="i3d-vit_tiny", frames=4, size=32, epochs=1, batch=8)
    train(recipe, machine=Machine(accelerator="cpu", workers=0), quiet=True)
    return out


def clips(motion: Path, *labels: str) -> list[Path]:
    """The first clip of each class."""
    return [sorted((motion / label).glob("*.mp4"))[0] for label in labels]


def test_cam_writes_a_video_for_each(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    text = kinema("explain", "cam", tiny_run, *clips(motion, "left", "grow"), "--label", "Grow", "--device", "cpu",
                  "--out", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{path.stem}-cam.mp4" for path in sorted(clips(motion, "left", "grow"), key=lambda path: path.stem)]
    assert text.count("grow ") == 2
    assert "stages." in text
    for path in tmp_path.iterdir():
        with open_video(path) as video:
            assert len(video) == 8


def test_cam_says_what_it_looked_at(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.gif"
    facts = json.loads(kinema("explain", "cam", tiny_run, *clips(motion, "up"), "--method", "grad-cam", "--layer",
                              "stages.1", "--out", out, "--json"))
    assert [part["layers"] for part in facts[0]["parts"]] == [["stages.1"]]
    assert out.read_bytes()[:3] == b"GIF"


def test_rollout_is_for_transformers(vit_run: Path, tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    (video,) = clips(motion, "open")
    kinema("explain", "rollout", vit_run, video, "--out", tmp_path)
    assert (tmp_path / f"{video.stem}-rollout.mp4").stat().st_size > 1000
    assert "kinema explain cam" in kinema("explain", "rollout", tiny_run, video, "--out", tmp_path, code=1)


def test_filters_are_drawn(tiny_run: Path, tmp_path: Path) -> None:
    facts = json.loads(kinema("explain", "filters", tiny_run, "--out", tmp_path / "f.webp", "--json"))
    assert facts == {"file": str(tmp_path / "f.webp"), "layer": "stem.conv", "filters": 16, "frames": 1, "size": [5, 5]}
    said = CliRunner().invoke(app, ["explain", "filters", str(tiny_run), "--out", str(tmp_path / "f.gif")])
    assert "16 filters of 1 x 5 x 5, stem.conv" in said.output
    assert "nothing moves" in said.output


@pytest.mark.slow
def test_features_are_laid_out(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.png"
    command = ["explain", "features", tiny_run, "--out", out, "--workers", "0", "--accelerator", "cpu"]
    assert " clips; the nearest neighbour is of the same class for " in kinema(*command, "--data", motion)
    assert kinema(*command).endswith("12 clips\n")  # one of each class: none has a like neighbour
    assert out.read_bytes()[1:4] == b"PNG"
    assert len((tmp_path / "features.csv").read_text().splitlines()) == 13


@pytest.mark.parametrize(("arguments", "why"), [
    (["cam", "{run}", "{video}", "--label", "grwo"], "grow"),
    (["cam", "{run}", "{video}", "--method", "cam"], "grad-cam"),
    (["cam", "{run}", "{video}", "--layer", "stage.1"], "stages.1"),
    (["cam", "{run}", "{video}", "{video}"], "Two of the videos"),
    (["cam", "{run}", "{video}", "other.mp4", "--out", "one.mp4"], "name a folder"),
    (["cam", "{run}", "{video}", "--out", "one.avi"], ".mp4, .gif, .webp"),
    (["cam", "{run}", "nowhere.mp4"], "nowhere.mp4"),
    (["filters", "{run}", "--out", "f.bmp"], ".gif"),
    (["features", "{run}", "--method", "pca"], "tsne"),
    (["features", "{run}", "--out", "f.bmp"], ".png"),
])
def test_what_cannot_be_is_said(
    arguments: list[str], why: str, tiny_run: Path, motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [word.format(run=tiny_run, video=clips(motion, "left")[0]) for word in arguments]
    assert why in " ".join(kinema("explain", *words, code=1).split())


def test_a_video_is_not_written_over(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    video = tmp_path / "in.mp4"
    before = clips(motion, "left")[0].read_bytes()
    video.write_bytes(before)
    assert "would be written over" in kinema("explain", "cam", tiny_run, video, "--out", video, code=1)
    assert video.read_bytes() == before
