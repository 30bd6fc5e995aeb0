"""PagerDuty by its Events API v2: a function of its own empties a queue into each service."""
