"""`python -m pmterm`."""

from pmterm.cli import main

main()
