"""The demo, as far as it can be told without a cloud."""
