"""What is put into MiniStack, as far as it can be told without one that runs."""
