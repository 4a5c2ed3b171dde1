"""The site builds without a warning, asks no other host for anything, and tells of commands what they tell."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from tests.cli.test_cli import kinema
from tests.docs.blocks import ROOT

pytest.importorskip("mkdocs", reason="the site needs the docs extra")


@pytest.fixture(scope="module")
def site() -> ModuleType:
    """docs/site.py."""
    spec = importlib.util.spec_from_file_location("docs_site", ROOT / "docs" / "site.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_page_of_commands_is_what_the_program_says_of_itself(
    site: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # else names are cut off
    page = site.commands_page()
    sections = dict(re.findall(r"^## (kinema [^\n]*)\n(.*?)(?=^## |\Z)", page, re.S | re.M))
    commands = dict(site.leaves(typer.main.get_command(site.app)))
    assert list(sections) == [" ".join(path) for path in commands]
    for path, command in commands.items():
        text = sections[" ".join(path)]
        told = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", kinema(*path[1:], "--help"))) - {"--help"}
        cells = " ".join(re.findall(r"^\| `([^`]*)`", text, re.M))
        shown = set(re.findall(r"--[\w-]+", cells))
        assert shown == {name for name in told if name in option_names(command)}, path
        assert text.count("\nkinema ") >= 1, f"{path} has no example"


def option_names(command: object) -> set[str]:
    """The long options of a command."""
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING -" not in done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {page.stem for page in pages}
    foreign = re.compile(r"""<(?:script|img|iframe|source|video)[^>]+src=["']?(?:https?:)?//|"""
                         r"""<link[^>]+rel=["']?(?:stylesheet|preload|preconnect|icon)[^>]+href=["']?(?:https?:)?//""")
    for page in pages:
        assert not foreign.search(page.read_text(encoding="utf-8")), page
    for style in tmp_path.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")), style
