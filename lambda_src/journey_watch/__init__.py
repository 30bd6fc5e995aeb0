"""Journey Watch: what runs in Lambda, and nothing else."""
