"""The notebooks run from their first cell to their last, on small clips; what they show is not kept in them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALL = {"finetune": "MODEL, EPOCHS, FRAMES, SIZE = 'tam-resnet_tiny', 1, 4, 32", "recognise": ""}


def cells(path: Path) -> list[str]:
    """The code of a notebook's cells, in order."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_kept(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, prepared: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    shutil.copytree(prepared, tmp_path / "here")
    first, *others = cells(path)
    (tmp_path / "code.py").write_text("\n".join([first, SMALL[path.stem], *others]), encoding="utf-8")
    there = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "KINEMA_OFFLINE": "1",
             "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, tmp_path / "code.py"], cwd=tmp_path / "here", env=there, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stdout
