"""Decisions: standard library only, time is an argument, nothing is fetched."""
