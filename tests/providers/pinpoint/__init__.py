"""Pinpoint journeys, read from the simulator by the real SDK."""
