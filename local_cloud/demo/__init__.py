"""The demo: a world, what happens in it and must be told, and how each reader sees that."""
