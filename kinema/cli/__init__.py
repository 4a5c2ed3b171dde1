"""The command line: one command group a file."""


def main() -> None:
    """Run `kinema ...`; ends the process with 0 (done), 1 (an error, told in words) or 2 (a wrong call)."""
    from kinema.cli.app import app

    app()
