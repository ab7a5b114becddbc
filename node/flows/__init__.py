"""The ways through a node: one file for each."""
