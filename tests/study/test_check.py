"""What is certain to fail in a study is told before its first run."""

from pathlib import Path

import pytest
import yaml

from kinema.errors import RunError
from kinema.study.grid import read_study
from kinema.study.run import run_study
from tests.study.test_grid import study


@pytest.mark.parametrize(("grid", "groups", "told"), [
    ({"model": ["tam-resnet18", "tsn-resent18"]}, {}, r"1 of the study's 2 runs .* none was begun: .*'tsn-resent18'"),
    ({"data": ["missing"]}, {}, "missing"),
    ({"split": ["fold=9"], "seed": [0, 1]}, {}, r"2 of the study's 2 runs .*9"),
    ({"start": ["befor.safetensors"]}, {}, r"befor.safetensors does not exist.* Nearest: .*before.safetensors"),
    ({"distil": ["runs/gone"]}, {}, "runs/gone does not exist"),
    ({"start": ["pytorchvideo/x3d_m"]}, {}, "No checkpoint is called .* Nearest: pytorchvideo/x3d"),
    ({"options": [{"ratio": 3}], "seed": [0, 1]}, {}, "2 of the study's 2 runs .*no option 'ratio'"),
    ({"frozen": [9]}, {}, "1 of the study's 1 runs .*9"),
    ({}, {"order": ["lft"]}, r"The group order has the class 'lft'.* Nearest: left\."),
])
def test_what_is_certain_to_fail_is_told_first(
    grid: dict, groups: dict, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("before.safetensors").touch()
    for label in ("left", "right"):
        for number in range(6):
            path = Path("clips", label, f"{number}.mp4")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    grid = {"base": {"data": "clips", "model": "tam-resnet18"}, "vary": grid, "groups": groups}
    with pytest.raises(RunError, match=told):
        run_study(read_study(study(tmp_path, yaml.safe_dump(grid)), tmp_path / "out"), tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


def test_runs_do_not_stand_among_clips(tmp_path: Path) -> None:
    for label in ("left", "right"):
        for number in range(6):
            path = tmp_path / "clips" / label / f"{number}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    path = study(tmp_path, yaml.safe_dump({"base": {"data": str(tmp_path / "clips"), "model": "tam-resnet18"}}))
    for out in (tmp_path / "clips", tmp_path / "clips" / "study"):
        with pytest.raises(RunError, match="whose folders are those of classes; choose another one with --out"):
            run_study(read_study(path, out), out, quiet=True)
