"""The command line: one command group a file."""

import os


def main() -> None:
    """Run `kinema ...`; ends the process with 0 (done), 1 (an error, told in words) or 2 (a wrong call)."""
    # threads that wait busily take the cores from what works: on busy cores training is then five times slower
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from kinema.cli.app import app

    app()
