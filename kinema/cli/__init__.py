"""The command line: one command group a file."""

import io
import os
import sys


def main() -> None:
    """Run `kinema ...`; ends the process with 0 (done), 1 (an error, told in words) or 2 (a wrong call)."""
    # threads that wait busily take the cores from what works: on busy cores training is then five times slower
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every file's name can be printed everywhere
    from kinema.cli.app import app

    app()
