"""What is told. What belongs in this folder: every kind of alert, its words and its schema."""
