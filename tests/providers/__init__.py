"""What is polled. What belongs in this folder: the suite that every provider passes, and each one's own tests."""
