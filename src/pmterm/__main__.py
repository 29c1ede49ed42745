"""`python -m pmterm`."""

from pmterm.cli.program import main

main()
