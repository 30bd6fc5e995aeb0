"""`LanePoll` as a whole, against a scripted source, the store in memory and a scripted channel."""
