"""Suites that every adapter of a port must pass, and schemas of what leaves the project."""
