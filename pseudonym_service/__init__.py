"""The pseudonym service: evaluates what it cannot see, under keys that only it has, and counts."""
