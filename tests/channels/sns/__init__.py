"""Topics, against moto and against what SNS refuses."""
