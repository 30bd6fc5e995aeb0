"""Lambda handlers: decorators and one call each."""
