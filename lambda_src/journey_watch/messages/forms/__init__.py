"""The forms of an alert: an e-mail, a card, a message of Slack's, and each of them as a topic takes it."""
