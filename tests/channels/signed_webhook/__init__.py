"""Signed webhooks, against an endpoint that verifies them."""
