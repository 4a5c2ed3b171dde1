"""The conventions of the project, as facts."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("kinema", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.stat().st_size], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_file_says_what_it_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith('"""')


def readme_tree() -> set[str]:
    """The folders and files that the README's tree names."""
    block = re.search(r"```text\nkinema/\n(.*?)```", README, re.S)
    assert block, "the README has no tree"
    return {line.split()[0].rstrip("/") for line in block[1].splitlines() if line.startswith("  ") and line.strip()}


def test_the_readmes_tree_is_the_tree() -> None:
    there = {
        str(path.relative_to(ROOT / "kinema")).removesuffix(".py")
        for path in (ROOT / "kinema").iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }
    there |= {path.name for path in (ROOT / "kinema").glob("*.py") if not path.name.startswith("__")}
    assert readme_tree() == there


def test_the_readme_tells_every_extra_and_all_has_what_can_be_had_anywhere() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    table = README.split("| extra | for |")[1].split("\n\n")[0]
    told = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split(" | ")[0])}
    assert told == {*extras}
    assert extras["all"] == [f"kinema[{','.join(sorted({*extras} - {'all', 'docs', 'ray', 'umap', 'test'}))}]"]


def test_a_clip_is_followed_from_file_to_prediction_through_seven_files() -> None:
    section = README.split("## From a file to a prediction")[1].split("\n## ")[0]
    files = list(dict.fromkeys(re.findall(r"`(kinema/[\w/]+\.py)`", section)))
    assert 3 <= len(files) <= 7
    assert sum(len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in files) <= 900


@pytest.mark.parametrize("module", ["kinema", "kinema.cli.app"])
def test_importing_kinema_or_its_commands_imports_nothing_heavy(module: str) -> None:
    heavy = ("torch", "numpy", "av", "matplotlib", "lightning_fabric")
    code = f"import {module}, sys; print([name for name in {heavy} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_every_public_name_is_there() -> None:
    import kinema

    for name in kinema.__all__:
        assert getattr(kinema, name) is not None
    with pytest.raises(AttributeError):
        _ = kinema.nothing  # type: ignore[attr-defined]
