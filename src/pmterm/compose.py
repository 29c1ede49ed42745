"""Builds the parts."""
