"""Slack's webhooks, against a stand-in that fails as Slack does."""
