"""What is told. What belongs in this folder: every kind of alert, built as a poll builds it, its words and its schema."""
