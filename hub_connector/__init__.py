"""A node's door to the hub and the pseudonym service; nothing else in a node knows SOAP."""
