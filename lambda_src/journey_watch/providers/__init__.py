"""What is polled: a folder for each provider, and what reading any of them needs."""
