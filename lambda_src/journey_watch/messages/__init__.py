"""What is told: a file for each kind of alert, which builds its envelope and words it, and the forms it is sent in."""
