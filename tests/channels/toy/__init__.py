"""A channel that does not exist, whole: pigeons, who fly from a queue."""
