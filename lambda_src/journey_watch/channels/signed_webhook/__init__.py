"""Webhooks signed by the Standard Webhooks convention: a function of its own empties a queue into each endpoint."""
