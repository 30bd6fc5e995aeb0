"""The `journey-watch` command, for those who look after a deployment."""
