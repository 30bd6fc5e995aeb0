"""What is seen of a poll from outside, read from the log as CloudWatch reads it."""
