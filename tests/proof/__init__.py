"""The simulation behind `make prove`: that it can fail, and that it does not."""
