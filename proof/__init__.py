"""A deterministic simulation of the real poll under everything that can go wrong, and an oracle that knows better."""
