"""Connect campaigns, read from the simulator by the real SDK."""
