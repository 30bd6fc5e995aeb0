"""What the channels share that keep each alert in a queue until whom it is for has accepted it."""
