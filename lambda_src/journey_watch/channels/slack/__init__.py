"""Slack by incoming webhooks: a function of its own empties a queue into each."""
