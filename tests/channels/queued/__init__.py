"""Queues between the alert topic and whom alerts are for, and what goes wrong there."""
