"""The state of the lanes: what was seen, what is owed, what happened. In DynamoDB, or in memory for tests."""
