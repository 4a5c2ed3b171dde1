"""What commands print, and what becomes of errors."""

import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer

from kinema.errors import KinemaError
from kinema.files import is_full
from kinema.progress import one_line


def say(text: str) -> None:
    """Print a line of a result to standard output."""
    print(text, flush=True)


def say_aside(text: str) -> None:
    """Print a remark that is no result to standard error."""
    print(text, file=sys.stderr, flush=True)


def print_json(values: Any) -> None:
    """Print a result as JSON."""
    say(json.dumps(values, indent=1, ensure_ascii=False))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings: drawn in a terminal, tab-separated elsewhere, so that `cut` and `sort` work."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            say("\t".join(map(one_line, row)))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        drawn.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        drawn.add_row(*map(one_line, row))
    Console().print(drawn)


def spare(out: str | None, *read: str | None) -> None:
    """Raise KinemaError where a file that is to be written is one that is read."""
    for each in read:
        if out and each and Path(each).is_file() and Path(each).resolve() == Path(out).resolve():
            raise KinemaError(f"{out} is read here, and would be written over; choose another file to write.")


def fail(text: str, code: int = 1) -> NoReturn:
    """Say what went wrong, on standard error, and end with an exit code."""
    print(f"error: {text}", file=sys.stderr, flush=True)
    raise typer.Exit(code)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command's errors be told in words; KINEMA_DEBUG=1 shows where they came from."""

    @functools.wraps(function)
    def told(*arguments: Any, **options: Any) -> None:
        if os.environ.get("KINEMA_DEBUG"):
            return function(*arguments, **options)
        try:
            return function(*arguments, **options)
        except typer.Exit:
            raise
        except KinemaError as error:
            fail(str(error))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except OSError as error:
            if is_full(error):
                fail(f"The disk is full ({error.filename or 'while writing'}). What was saved before is whole.")
            fail(f"{error.filename or 'The system'}: {error.strerror or error}.")
        except Exception as error:
            fail(f"{type(error).__name__}: {error}. This is a fault of kinema's; KINEMA_DEBUG=1 shows where it is.")

    return told
