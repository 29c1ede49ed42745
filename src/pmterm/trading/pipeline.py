"""The six stages in order."""
