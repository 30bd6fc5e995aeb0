"""The forms of an alert, against the limits of who shows them and names that mean harm."""
