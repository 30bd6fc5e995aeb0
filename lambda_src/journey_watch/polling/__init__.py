"""One poll of one lane: load, read, compare, commit, send. `poll_lane` is the whole of it on one screen."""
