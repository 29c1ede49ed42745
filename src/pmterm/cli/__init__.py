"""The command line: what the user typed becomes one call of `compose`; errors become words."""

from pmterm.cli.program import app, main

__all__ = ["app", "main"]
