"""Run pmterm as a module."""
