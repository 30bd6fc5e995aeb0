"""The synthesized template: what is granted, encrypted, scheduled and kept."""
