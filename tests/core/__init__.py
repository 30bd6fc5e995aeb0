"""Rules of the core: plain values in and out, and properties."""
