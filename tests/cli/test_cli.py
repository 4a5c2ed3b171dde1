"""The command line: help with examples, JSON, exit codes, errors in words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinema.cli.app import app

COMMANDS = [
    "train",
    "expand",
    "pretrain",
    "evaluate",
    "compare",
    "temporal",
    "probe",
    "fuse",
    "recognize",
    "watch",
    "features",
    "timeline",
    "timeline-train",
    "clips",
    "serve",
    "models",
    "profile",
    "archive index",
    "archive search",
    "archive like",
    "data check",
    "data make",
    "data convert",
    "data labels",
    "data shard",
    "explain cam",
    "explain rollout",
    "explain filters",
    "explain features",
    "study replay",
    "study run",
    "study figures",
    "study findings",
    "detect train",
    "detect evaluate",
    "detect run",
    "weights list",
    "weights get",
    "weights identify",
    "weights convert",
    "weights adopt",
    "weights export",
]


def kinema(*arguments: str | Path, code: int = 0) -> str:
    """Run a command in this process; return its result, or, of one that fails in words, all that it printed."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output if code and "--json" not in arguments else result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    text = kinema(*command.split(), "--help")
    assert "Examples" in text
    assert f"kinema {command}" in " ".join(text.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_a_wrong_call(command: str) -> None:
    kinema(*command.split(), "--no-such-option", code=2)


def test_the_list_of_commands_is_whole() -> None:
    text = kinema("--help")
    assert all(command.split()[0] in text for command in COMMANDS)
    assert kinema("--version").startswith("kinema ")


def test_models_are_listed_with_their_cost() -> None:
    rows = json.loads(kinema("models", "tam-resnet50*", "--json"))
    assert [row["name"] for row in rows] == ["tam-resnet50", "tam-resnet50-tp"]
    assert all(row["parameters"] > 2e7 and row["gmacs"] > 1 and row["clip"]["frames"] == 8 for row in rows)
    assert "tam-resnet50-tp" in kinema("models", "tam-resnet50*")


def test_no_match_is_said() -> None:
    assert "No network matches" in kinema("models", "nothing*", code=1)


def test_profile_counts_the_published_cost() -> None:
    facts = json.loads(kinema("profile", "i3d-resnet50", "--frames", "32", "--size", "256", "--json"))
    assert facts["gmacs"] == pytest.approx(335.3, rel=1e-3)
    assert facts["clip"]["height"] == 256


def test_an_unknown_name_gets_the_nearest() -> None:
    text = kinema("profile", "tma-resnet50", code=1)
    assert text.startswith("error: ")
    assert "tam-resnet50" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "nowhere/"],
        ["train", "{motion}", "--split", "fold=9", "--out", "{tmp}/run"],
        ["evaluate", "nowhere"],
        ["recognize", "nowhere", "video.mp4"],
        ["data", "check", "nowhere"],
        ["data", "make", "emotion", "{tmp}/x"],
        ["data", "convert", "nowhere.csv", "{tmp}/y.csv"],
    ],
)
def test_bad_input_is_an_error_in_words(arguments: list[str], motion: Path, tmp_path: Path) -> None:
    text = kinema(*(word.format(motion=motion, tmp=tmp_path) for word in arguments), code=1)
    assert text.splitlines()[-1].startswith("error: ")
    assert "fault of kinema" not in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["train"],
        ["train", "{motion}", "--epochs", "0"],
        ["train", "{motion}", "--recipe", "nowhere.yaml"],
        ["train", "{motion}", "--size", "big"],
        ["train", "{motion}", "--option", "taps"],
        ["train", "{motion}", "--crop", "resize"],
        ["train", "{motion}", "--lr", "-1"],
        ["evaluate", "{run}", "--crops", "4"],
        ["evaluate", "{run}", "--which", "newest"],
        ["evaluate", "{run}", "--views", "0"],
        ["profile", "tam-resnet18", "--frames", "0"],
        ["nonsense"],
    ],
)
def test_a_wrong_call_ends_with_code_2(arguments: list[str], motion: Path, tiny_run: Path) -> None:
    text = kinema(*(word.format(motion=motion, run=tiny_run) for word in arguments), code=2)
    assert "fault of kinema" not in text


def test_help_shows_defaults() -> None:
    text = " ".join(kinema("train", "--help").replace("│", " ").split())
    for words in ("[default: 30]", "[default: runs/MODEL]", "[default: adamw]"):
        assert words in text


def test_evaluate_prints_what_was_measured(tiny_run: Path) -> None:
    facts = json.loads(kinema("evaluate", tiny_run, "--workers", "0", "--accelerator", "cpu", "--json"))
    assert 0 <= facts["top1"] <= facts["top5"] <= 1
    assert facts["n"] == sum(each["clips"] for each in facts["per_class"])
    low, high = facts["intervals"]["top1"]
    assert low <= facts["top1"] <= high
    assert (tiny_run / "report.html").is_file()


def test_recognize_goes_on_after_a_video_that_cannot_be_read(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    good = sorted(motion.glob("*/*.mp4"))[0]
    bad, read = json.loads(kinema("recognize", tiny_run, tmp_path / "text.mp4", good, "--json", code=1))
    assert "text.mp4" in bad["error"]
    assert sum(each["score"] for each in read["top"]) <= 1 + 1e-6
    assert read["top"] == sorted(read["top"], key=lambda each: -each["score"])


def test_features_are_written(tiny_run: Path, motion: Path, tmp_path: Path) -> None:
    videos = sorted(motion.glob("*/*.mp4"))[:2]
    kinema("features", tiny_run, *videos, "--out", tmp_path / "features.npz")
    assert (tmp_path / "features.npz").stat().st_size > 0


@pytest.mark.slow
def test_the_doctor_ends_with_one_where_something_is_wrong(motion: Path, tmp_path: Path) -> None:
    import shutil

    data = Path(shutil.copytree(motion, tmp_path / "data"))
    assert json.loads(kinema("data", "check", data, "--json", "--workers", "1"))["problems"] == []
    sorted(data.glob("*/*.mp4"))[3].write_bytes(b"")
    text = kinema("data", "check", data, "--clean", tmp_path / "clean.csv", "--workers", "1", code=1)
    assert "unreadable" in text
    assert len((tmp_path / "clean.csv").read_text().splitlines()) == 60


@pytest.mark.slow
def test_the_installed_command_tells_errors_on_standard_error() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "kinema", "evaluate", "nowhere"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.startswith("error: nowhere is no run")


def test_no_list_is_written_over_one_that_is_read(motion: Path, tmp_path: Path) -> None:
    captions, words, truth = (tmp_path / name for name in ("captions.csv", "words.txt", "truth.csv"))
    captions.write_text("video,caption\na.mp4,a dog runs\n")
    words.write_text("runs\n")
    truth.write_text("a,902,0.1,0.1,0.5,0.5,1,0\n")
    listed = tmp_path / "list.csv"
    kinema("data", "convert", motion, listed)
    for command, spared in (
        (("data", "labels", captions, "--words", words, "--out", captions), captions),
        (("data", "labels", captions, "--words", words, "--out", tmp_path / "." / "words.txt"), words),
        (("data", "convert", listed, listed), listed), (("data", "check", listed, "--clean", listed), listed),
        (("detect", "evaluate", tmp_path / "run", truth, "--out", truth), truth),
    ):
        before = spared.read_bytes()
        assert "is read here, and would be written over" in " ".join(kinema(*command, code=1).split())
        assert spared.read_bytes() == before
    results = tmp_path / "results.csv"
    results.write_text(truth.read_text())
    assert "is a file of results already" in kinema("detect", "evaluate", results, truth, "--out", "new.csv", code=1)


def test_clips_are_written_into_shards(motion: Path, tmp_path: Path) -> None:
    assert "60 clips of" in kinema("data", "shard", motion, tmp_path / "shards", "--size", "0.001")
    kinema("data", "convert", tmp_path / "shards", tmp_path / "list.csv")  # a list of what is in them
    assert "60 clips of" in kinema("data", "shard", tmp_path / "list.csv", tmp_path / "anew")
    (tmp_path / "gone.csv").write_text("path,label\nshards/gone.mp4,a\n")
    assert "is no video file" in kinema("data", "shard", tmp_path / "gone.csv", tmp_path / "more", code=1)
