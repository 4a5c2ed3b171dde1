"""Requests made up from the server's own description of itself: none is a fault of the server's."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.conftest import Served

FOUND = shutil.which("schemathesis", path=f"{Path(sys.executable).parent}")


@pytest.mark.slow
@pytest.mark.skipif(FOUND is None, reason="schemathesis is not installed")
def test_no_request_is_a_fault_of_the_servers(served: Served, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(FOUND), "run", f"{served.url}/openapi.json", "--checks", "not_a_server_error", "--phases", "coverage",
         "--max-examples", "3"],
        capture_output=True, text=True, cwd=tmp_path, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Server error" not in done.stdout
