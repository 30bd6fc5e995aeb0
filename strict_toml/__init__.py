"""Reads TOML strictly, for configurations and for the simulator's scenarios: every mistake gets one message."""
