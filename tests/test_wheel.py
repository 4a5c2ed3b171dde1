"""`pip install kinema` gives all of it: every file of the package is in the wheel, which works by itself."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILT = 77  # the version of setuptools from which licences are told as pyproject.toml tells them


def tracked() -> set[str]:
    """The files of the package that belong to the project."""
    done = subprocess.run(["git", "ls-files", "kinema"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this is no checkout of git, so what belongs to the project is not known")
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.mark.slow
def test_the_wheel_has_every_file_and_works(tmp_path: Path) -> None:
    try:
        found = int(version("setuptools").partition(".")[0])
    except PackageNotFoundError:
        found = 0
    if found < BUILT:
        pytest.skip(f"setuptools {BUILT} or later builds the wheel; here is {found or 'none'}")
    files = tracked()
    source = tmp_path / "source"
    for name in (*files, "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    alone = ["--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", str(source), *alone, "--wheel-dir", str(tmp_path)], check=True)
    [wheel] = tmp_path.glob("kinema-*.whl")
    assert files - set(zipfile.ZipFile(wheel).namelist()) == set()
    there = tmp_path / "there"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(there), str(wheel)], check=True)
    code = "import kinema; print(kinema.__file__, len(kinema.list_models()) > 100, kinema.profile('x3d_s').gmacs > 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(there)},
                          capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(there / "kinema" / "__init__.py"), "True", "True"]
    told = subprocess.run([sys.executable, "-m", "kinema", "--version"], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(there)}, check=True)
    assert told.stdout.startswith("kinema ")
