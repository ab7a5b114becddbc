"""The JSON door of a node, on loopback, for screens and commands on the same machine."""
