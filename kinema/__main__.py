"""`python -m kinema` is the command line."""

from kinema.cli import main

main()
