"""The runs of a study: each trained and judged once, into one table."""

import json
import os
import signal
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing import active_children
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from kinema.cli.app import app
from kinema.errors import KinemaError, RunError
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.protocols import find_protocol
from kinema.machine import Machine
from kinema.recipe import Recipe
from kinema.runs import VERSION
from kinema.study.grid import read_study
from kinema.study.measure import resampled
from kinema.study.results import raw_rows, read_results
from kinema.study.rows import pretrained, result_of, rows_of, write_table
from kinema.study.run import Cluster, Here, Share, for_one_run, run_study
from tests.cli.test_cli import kinema
from tests.conftest import TINY
from tests.study.test_grid import study


def test_groups_and_fewer_clips_are_rows_of_their_own(tmp_path: Path) -> None:
    recipe = Recipe("clips", model="tam-resnet18", out=str(tmp_path / "run"))
    logits_NVK = np.zeros((4, 3, 3), np.float32)
    logits_NVK[:2, :, 0], logits_NVK[2:, 1, 2], logits_NVK[2:, [0, 2], 1] = 1, 1, 5  # the middle clip alone is right
    Predictions(("a", "b", "c", "d"), logits_NVK, np.array([0, 1, 2, 2]), ("left", "right", "still")).save(
        tmp_path / "run" / "evaluation" / f"test{find_protocol('1x3').suffix}.npz")
    result_of(recipe, "1x3").write_text(json.dumps({
        "top1": 0.25, "top5": 1.0, "intervals": {"top1": [0.0, 0.5]}, "views": 3, "n": 4, "gmacs_per_view": 1.0,
        "parameters": 3, "seconds": 1.0}))
    rows = rows_of(recipe, ("1x3",), {"order": ("left", "right"), "gone": ("none",)})
    found = {(row["protocol"], row["classes"]): (row["top1"], row["views"], row["clips"]) for row in rows or ()}
    assert found == {("1x3", ""): (25.0, 3, 4), ("1x3", "order"): (50.0, 3, 2), ("1x1", ""): (75.0, 1, 4),
                     ("1x1", "order"): (50.0, 1, 2), ("1x2", ""): (25.0, 2, 4), ("1x2", "order"): (50.0, 2, 2)}
    assert rows_of(recipe, ("1x3", "1x1"), {}) is None  # which it is not judged by yet


def test_protocols_of_several_sizes_are_kept_apart(tmp_path: Path) -> None:
    recipe = Recipe("clips", model="tam-resnet18", out=str(tmp_path / "run"))
    for name, right in (("ssv2", 0), ("uniform", 1)):
        logits_NVK = np.zeros((2, 6, 2), np.float32)
        logits_NVK[:, :, right] = 1
        Predictions(("a", "b"), logits_NVK, np.array([1, 1]), ("left", "right")).save(
            result_of(recipe, name).with_suffix(".npz"))
        result_of(recipe, name).write_text(json.dumps({
            "top1": right, "top5": 1.0, "intervals": {"top1": [0.0, 1.0]}, "views": 6, "n": 2, "gmacs_per_view": 1.0,
            "parameters": 3, "seconds": 1.0}))
    rows = rows_of(recipe, ("uniform", "ssv2"), {}) or []
    assert [(row["protocol"], row["top1"], row["views"]) for row in rows] == [
        ("uniform", 100.0, 6), ("3x1-256px", 100.0, 3), ("ssv2", 0.0, 6), ("3x1", 0.0, 3)]
    write_table(rows, tmp_path)
    for one in read_results(tmp_path / "results.csv"):
        assert set(resampled(one)) == {one.top1}
    assert [(one.protocol, one.pixels) for one in read_results(tmp_path / "results.csv")] == [
        ("uniform", 256), ("3x1-256px", 256), ("ssv2", None), ("3x1", None)]


def test_a_column_of_several_types_is_text_in_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install kinema[parquet]")
    same = {"data": "a", "module": "tsn", "backbone": "resnet18", "tp": False, "frames": 8, "top5": None}
    write_table([{**same, "top1": 50, "size": 112, "lr": 1, "start": None},
                 {**same, "top1": np.float64(50.5), "size": "[56, 72]", "lr": True, "start": "b", "more": 3}], tmp_path)
    rows = [*raw_rows(tmp_path / "results.parquet")]
    assert [row["size"] for row in rows] == ["112", "[56, 72]"]
    assert [row["lr"] for row in rows] == ["1", "True"]
    assert [row["top1"] for row in rows] == [50.0, 50.5]
    assert [(row["tp"], row["top5"], row["start"], row["more"]) for row in rows] == [
        (False, None, None, None), (False, None, "b", 3)]
    assert read_results(tmp_path / "results.parquet") == read_results(tmp_path / "results.csv")


def test_what_weights_knew_before_is_told_along_a_chain(tmp_path: Path) -> None:
    def made(name: str, start: str, data: str) -> Recipe:
        recipe = Recipe(data, model="tsn-resnet18", start=start, out=str(tmp_path / name))
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({
            "version": VERSION, "model": recipe.model, "labels": [], "clip": {}, "root": "", "clip_seconds": 1}))
        (tmp_path / name / "recipe.yaml").write_text(yaml.safe_dump(recipe.to_dict()))
        return recipe

    few = made("few", "imagenet/resnet18.pth", "ssv2")
    more = made("more", few.out, "ssv2")
    other = made("other", more.out, "jester")
    again = made("again", other.out, "jester")
    assert [pretrained(one) for one in (few, more, other, again)] == ["resnet18", "resnet18", "ssv2", "ssv2"]
    assert pretrained(replace(few, start=made("scratch", "", "ssv2").out)) == ""


def test_parquet_that_is_left_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = [{"data": "a", "model": "tsn-resnet18", "frames": 8, "seed": 0, "protocol": "1x1", "tp": False,
             "sampling": "uniform", "pretrained": "", "classes": "", "top1": 50.0, "top1_low": 40.0, "top1_high": 60.0}]

    def write(*_: object) -> list[dict]:
        write_table(rows, tmp_path)
        return rows

    monkeypatch.setattr("kinema.study.run.run_study", write)
    command = ["study", "run", str(study(tmp_path, "base: {data: a}")), "--out", str(tmp_path)]
    told = "results.parquet is left out: pip install 'kinema[parquet]'."
    if find_spec("pyarrow"):
        assert told not in CliRunner().invoke(app, command).stderr
        assert (tmp_path / "results.parquet").is_file()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert told in CliRunner().invoke(app, command).stderr
    assert not (tmp_path / "results.parquet").is_file()  # it would be of fewer runs


@pytest.mark.parametrize(("device", "share", "asked", "workers"), [
    ("cpu", Share(1, True), None, 0), ("cpu", Share(4, True), None, 0), ("cpu", Share(4, True), 2, 2),
    ("cpu", Share(64, False), None, 8), ("cuda", Share(16, False), None, 8), ("cuda", Share(3, True), None, 3),
    ("cuda", Share(3, True), 6, 6), ("cuda", Share(3, True), 0, 0),
])
def test_runs_read_by_processes_of_their_own_but_where_they_share_a_cpu(
    monkeypatch: pytest.MonkeyPatch, device: str, share: Share, asked: int | None, workers: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.setattr(Machine, "device", lambda _: torch.device(device))
    machine = Machine(workers=asked, cache_gigabytes=2.5, gradient_checkpointing=True)
    assert for_one_run(machine, share) == replace(machine, workers=workers, channels_last=device == "cpu")


def test_each_process_knows_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(6), raising=False)
    assert [Here(count).share for count in (1, 2, 8)] == [Share(6, False), Share(3, True), Share(1, True)]


@pytest.mark.parametrize("command", [("study", "run"), ("expand",)])
def test_the_machines_options_reach_the_runs(
    monkeypatch: pytest.MonkeyPatch, motion: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    seen: list[Machine] = []

    def note(*values: object, **_: object) -> None:
        seen.extend(value for value in values if isinstance(value, Machine))
        raise RunError("enough")

    monkeypatch.setattr("kinema.study.run.run_study", note)
    monkeypatch.setattr("kinema.expansion.walk.run_study", note)
    what = study(tmp_path, "base: {data: clips}") if command == ("study", "run") else motion
    asked = ["--model", "x3d_s", "--size", "16", "--validation", "0.2"] if command == ("expand",) else []
    for told in ([], ["--accelerator", "cpu", "--workers", "3", "--cache", "1.5"]):
        assert "enough" in kinema(*command, what, "--out", tmp_path / "out", *asked, *told, code=1)
    assert seen == [Machine(), Machine("cpu", workers=3, cache_gigabytes=1.5)]


def test_a_run_of_a_study_has_one_device(tmp_path: Path) -> None:
    found = read_study(study(tmp_path, "base: {data: clips}"), tmp_path / "out")
    with pytest.raises(RunError, match="trained on one device"):
        run_study(found, tmp_path / "out", machine=Machine(devices=2))


@pytest.mark.slow
def test_a_study_is_run_once_and_goes_on(motion: Path, tmp_path: Path) -> None:
    tiny = {name: value for name, value in Recipe(str(motion), **{**TINY, "epochs": 1}).to_dict().items()
            if name not in ("out", "model", "seed", "augment", "options")}
    grid = {"base": tiny, "vary": [{"model": "tam-resnet_tiny"},
                                   {"model": "tam-resnet_tiny", "frames": 8, "start": {"frames": tiny["frames"]}}]}
    path, out = study(tmp_path, yaml.safe_dump(grid)), tmp_path / "out"
    rows = run_study(read_study(path, out), out, processes=2, machine=Machine("cpu"), quiet=True)
    assert [(row["module"], row["backbone"], row["frames"]) for row in rows] == [
        ("tam", "resnet_tiny", 4), ("tam", "resnet_tiny", 8)]
    times = {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")}
    text = kinema("study", "run", path, "--out", out, "--accelerator", "cpu")
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*.safetensors")} == times
    assert text.count("tam-resnet_tiny") == 2
    results = read_results(out / "results.parquet")
    assert results == read_results(out / "results.csv")
    assert [one.top1 for one in results] == pytest.approx([row["top1"] for row in rows])
    for label in "ab":
        for number in range(5):
            (tmp_path / "empty" / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / "empty" / label / f"{number}.mp4").touch()
    (path.parent / "bad.yaml").write_text(yaml.safe_dump({"base": tiny | {"data": str(tmp_path / "empty")}}))
    with pytest.raises(RunError, match=r"1 of 1 runs failed; the first, .*could be read.* command tries them again"):
        run_study(read_study(tmp_path / "bad.yaml", out), out, quiet=True)


@pytest.mark.slow
def test_a_killed_process_is_replaced() -> None:
    with Here(1) as workers:
        assert workers.submit(os._exit, 1).exception() is not None
        assert workers.submit(int, "3").result() == 3


@pytest.mark.slow
def test_a_killed_process_fails_no_run(motion: Path, tmp_path: Path) -> None:
    tiny = {name: value for name, value in Recipe(str(motion), **TINY).to_dict().items()
            if name not in ("out", "seed", "augment", "options")}
    path = study(tmp_path, yaml.safe_dump({"base": tiny, "vary": {"seed": [0, 1]}}))
    done = Thread(target=run_study, args=(read_study(path, tmp_path / "out"), tmp_path / "out", 2, None,
                                          Machine("cpu"), True))
    done.start()
    while not (begun := [*(tmp_path / "out").glob("*/.lock")]) and done.is_alive():
        time.sleep(0.05)
    assert begun
    os.kill(active_children()[0].pid or 0, signal.SIGKILL)
    done.join()
    assert len(read_results(tmp_path / "out" / "results.csv")) == 2


@pytest.mark.slow
def test_a_cluster_does_the_runs(motion: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install kinema[ray]")
    tiny = {name: value for name, value in Recipe(str(motion), **{**TINY, "epochs": 1}).to_dict().items()
            if name not in ("out", "model", "seed", "augment", "options")}
    path = study(tmp_path, yaml.safe_dump({"base": tiny, "vary": {"model": ["tam-resnet_tiny", "tsn-resnet_tiny"]}}))
    text = kinema("study", "run", path, "--out", tmp_path / "out", "--accelerator", "cpu", "--ray", "local")
    assert "tam-resnet_tiny" in text
    assert len(read_results(tmp_path / "out" / "results.csv")) == 2
    with pytest.raises(KinemaError, match=r"No Ray cluster answers at .auto."):
        Cluster("auto", None, "cpu")
