"""The verification of a real account, where no account is needed to test it."""
