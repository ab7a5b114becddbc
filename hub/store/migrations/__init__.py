"""The hub's numbered schema steps."""
