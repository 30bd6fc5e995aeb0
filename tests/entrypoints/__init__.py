"""Handlers as Lambda calls them: event, context, log lines, metrics."""
