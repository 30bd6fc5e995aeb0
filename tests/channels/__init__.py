"""Where alerts go. What belongs in this folder: each channel against the real SDK, or what stands in for a service."""
