"""A study that is stopped by Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml

from kinema.recipe import Recipe
from kinema.training.log import read_csv
from tests.conftest import TINY
from tests.study.test_grid import study


@pytest.mark.slow
@pytest.mark.parametrize(("processes", "group"), [(2, True), (1, False)])
def test_ctrl_c_saves_the_runs_of_a_study(processes: int, group: bool, motion: Path, tmp_path: Path) -> None:
    tiny = {name: value for name, value in Recipe(str(motion), **{**TINY, "epochs": 400}).to_dict().items()
            if name not in ("out", "seed", "augment", "options")}
    path, out = study(tmp_path, yaml.safe_dump({"base": tiny, "vary": {"seed": [0, 1]}})), tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "kinema", "study", "run", str(path), "--out", str(out), "--processes", str(processes),
         "--accelerator", "cpu"], stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL))  # which a shell's background job ignores
    while len(saved := [*out.glob("*/last.pt")]) < processes:
        assert process.poll() is None
        time.sleep(0.1)
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "Stopped: 0 of 2 runs are done" in errors
    assert "Traceback" not in errors, errors
    for state in saved:
        steps = torch.load(state, weights_only=True)["step"]
        assert len(read_csv(state.with_name("log.csv"))) == steps
