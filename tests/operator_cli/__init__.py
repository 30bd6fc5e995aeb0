"""The operator's command: what it finds and what it says. Against a whole deployment: tests/integration."""
