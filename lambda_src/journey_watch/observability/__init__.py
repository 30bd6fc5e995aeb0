"""What is seen of a poll from outside: one line of log and metrics, and a line for each change and each failure."""
