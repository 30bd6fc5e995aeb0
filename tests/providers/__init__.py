"""What is polled. What belongs in this folder: the suite that every provider must pass, and each provider's own tests."""
