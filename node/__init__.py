"""A region's own index: its signals and matches, and its side of the exchange with other regions."""
