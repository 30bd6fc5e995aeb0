"""The simulator answers as the services do, and fails as it is told."""
