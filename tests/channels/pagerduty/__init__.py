"""PagerDuty, against a stand-in that opens and resolves incidents as it does."""
