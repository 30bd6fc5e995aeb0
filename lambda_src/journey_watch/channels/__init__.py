"""Where alerts go: a folder for each channel."""
