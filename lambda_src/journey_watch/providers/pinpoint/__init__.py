"""Runs of Amazon Pinpoint journeys."""
