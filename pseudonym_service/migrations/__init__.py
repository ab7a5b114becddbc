"""The numbered steps by which the pseudonym service's database becomes what it is."""
