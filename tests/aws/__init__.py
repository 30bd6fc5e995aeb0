"""How AWS is talked to. What belongs in this folder: tests of `journey_watch.aws` over a network that is made up."""
