"""What a developer runs by hand: the bill, and the command that repeats the tests."""
