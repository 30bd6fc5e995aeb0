"""The demo: a scenario, what must be told about it, and how each reader sees it."""
