"""What the site has beside the pages of this folder: a page of all commands, and pages of other folders.

mkdocs calls the functions that begin with `on_` (mkdocs.yml names this file among its hooks).
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from kinema.cli.app import app

ROOT = Path(__file__).parents[1]
CODE = "https://github.com/kinema/kinema/blob/main/"
ELSEWHERE = ("CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/RESULTS.md", "benchmarks/linear.png",
             "recipes/surv-fight.md", "recipes/paper/README.md")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
HEAD = """# Every command

Made from the program itself: what `kinema COMMAND --help` says of each, with examples. Those that print results have
`--json`. `kinema --version` tells the version; with `KINEMA_DEBUG=1` an error shows where it came from. A command ends
with 0 when it is done, 1 after an error that it tells in words, and 2 after a wrong call.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of commands, and the files of other folders under the paths that they have there."""
    files.append(File.generated(config, "commands.md", content=commands_page()))
    for name in ELSEWHERE:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between the project's files into links of the site, or, to files it does not have, of the code."""
    own = page.file.src_uri
    folder = PurePosixPath(own if own in ELSEWHERE else f"docs/{own}").parent

    def turned(found: re.Match[str]) -> str:
        target = normpath(str(folder / found[1]))
        there = target.removeprefix("docs/")
        if target.startswith("docs/") or target in ELSEWHERE:
            return f"]({relpath(there, str(PurePosixPath(own).parent))}{found[2] or ''})"
        return f"]({CODE}{target}{found[2] or ''})"

    return LINK.sub(turned, markdown)


def leaves(command: Any, path: tuple[str, ...] = ("kinema",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    else:
        for name, each in inner.items():
            yield from leaves(each, (*path, name))


def commands_page() -> str:
    """The page of all commands, in markdown."""
    return HEAD + "".join(section(path, command) for path, command in leaves(typer.main.get_command(app)))


def section(path: tuple[str, ...], command: Any) -> str:
    """A command: what it does, its examples, its arguments and options."""
    told, examples = words(command.help or "")
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    panels: dict[str, list[Any]] = {}
    for one in command.params:
        if one.param_type_name == "option" and not getattr(one, "hidden", False):
            panels.setdefault(getattr(one, "rich_help_panel", None) or "Options", []).append(one)
    parts = [f"\n## {' '.join(path)}\n", told]
    if examples:
        parts.append("```sh\n" + "\n".join(examples) + "\n```\n")
    if arguments:
        parts.append(rows("Argument", [(one.name.upper(), one) for one in arguments]))
    parts += [rows(panel, [(", ".join((*one.opts, *one.secondary_opts)), one) for one in options])
              for panel, options in panels.items()]
    return "\n".join(parts)


def words(text: str) -> tuple[str, list[str]]:
    """A help text without its examples, and these."""
    told, _, shown = text.partition("Examples:")
    return told.strip() + "\n", [line.strip() for line in shown.splitlines() if line.strip()]


def rows(title: str, given: list[tuple[str, Any]]) -> str:
    """A table of arguments or of options: how each is written, and what it does."""
    lines = [f"| {title} | |", "|---|---|"]
    for name, one in given:
        told = (one.help or "").replace("\\[", "[").replace("|", "\\|")
        usual = one.default
        if "default" not in told and isinstance(usual, str | int | float) and usual not in ("", False, True):
            told += f" [default: {usual}]"
        lines.append(f"| `{name}` | {told} |")
    return "\n".join(lines) + "\n"
