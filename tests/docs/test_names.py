"""Each command and option that the documentation writes is one of the program's; quick, without running any."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from kinema import list_models
from kinema.cli.app import app
from tests.docs.blocks import PAGES, ROOT, RUN, SHOWN, blocks_of, commands, inline, options, split

PROGRAM = typer.main.get_command(app)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words call, and what is left of them; AssertionError where there is none of that name."""
    command, rest = PROGRAM, words
    while inner := getattr(command, "commands", None):
        if not rest or rest[0].startswith("-"):
            break
        assert rest[0] in inner, f"`{' '.join(words)}`: no command is called {rest[0]!r}"
        command, rest = inner[rest[0]], rest[1:]
    return command, rest


def check(call: str, whole: bool) -> None:
    """AssertionError where a call names a command or an option that is not there, or, whole, misses an argument."""
    words = split(call)[1:]
    for stop in ("|", ">", "&&"):
        words = words[: words.index(stop)] if stop in words else words
    command, rest = command_of(words)
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    named = [word.partition("=")[0] for word in rest if word.startswith("-") and not word[1:2].isdigit()]
    unknown = [name for name in named if name not in known]
    assert not unknown, f"`{call}`: no option is called {unknown[0]}"
    if whole and not hasattr(command, "commands"):
        given = rest[: rest.index("...")] if "..." in rest else rest
        command.make_context(command.name, list(given), resilient_parsing="..." in rest)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_of_a_page_is_one_of_the_programs(page: Path) -> None:
    for block in blocks_of(page):
        if block.language == "sh":
            for command in commands(block):
                if command.startswith("kinema "):
                    check(command, whole=True)
    for call in inline(page):
        check(call, whole=False)


def all_options(command: Any = PROGRAM) -> set[str]:
    """The options of all commands."""
    own = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return own.union(*(all_options(inner) for inner in getattr(command, "commands", {}).values()))


OTHERS = {"--help", "--minutes", "--only"}  # of every command, and of programs in benchmarks


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_option_that_a_page_speaks_of_is_one_of_some_command(page: Path) -> None:
    assert options(page) - all_options() - OTHERS == set()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_block_says_its_language_and_hides_no_command(page: Path) -> None:
    for block in blocks_of(page):
        assert block.language in (*RUN, *SHOWN), f"{block.where} is in {block.language!r}"
        if block.language == "text":
            assert not [line for line in block.text.splitlines() if line.startswith(("kinema ", "make "))], block.where
            for line in block.text.splitlines():
                if line.startswith(("$ kinema ", "srun kinema ")):
                    check(line.partition(" ")[2], whole=True)


@pytest.mark.parametrize("call", ["kinema trane clips/", "kinema train clips/ --epoch 3", "kinema data chek clips/"])
def test_a_wrong_name_is_noticed(call: str) -> None:
    with pytest.raises(AssertionError, match="is called"):
        check(call, whole=True)


def test_every_network_that_the_pages_for_newcomers_name_is_there() -> None:
    listed = set(list_models())
    for page, column in (("names.md", 2), ("choose.md", 2)):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8").partition("## ")[0]
        cells = [line.split("|")[column] for line in text.splitlines() if line.startswith("| ")]
        named = [code for cell in cells for code in re.findall(r"`([a-z][a-z0-9]+[_-][a-z0-9_+-]+)`", cell)]
        assert len(named) > 5
        assert set(named) - listed == set(), page
