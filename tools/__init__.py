"""What a developer runs by hand: scripts by their path, the bill as `python -m tools.cost`."""
