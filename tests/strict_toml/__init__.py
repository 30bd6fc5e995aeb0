"""What reads TOML, by plain texts."""
