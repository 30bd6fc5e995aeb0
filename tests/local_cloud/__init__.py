"""What the local cloud decides by itself. What needs one that runs is tested in tests/integration."""
