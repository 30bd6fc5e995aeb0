"""What goes wrong at each thing that Journey Watch depends on, and what comes of it: the fault table."""
