"""A third provider: what docs/adding-a-provider.md describes, done for a service that never was."""
