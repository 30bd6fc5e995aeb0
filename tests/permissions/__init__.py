"""Roles: what the functions call is judged by the policies that the stack synthesizes, as IAM would judge it."""
