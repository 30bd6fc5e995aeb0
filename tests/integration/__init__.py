"""The real stack in the local cloud."""
