"""The state table. What belongs in this folder: the suite that every store must pass, and what is DynamoDB's own."""
