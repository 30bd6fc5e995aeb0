"""Topics: for e-mail, for programs, for Amazon Q."""
