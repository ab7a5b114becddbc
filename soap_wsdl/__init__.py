"""What the trust zones say to each other: the contracts, the messages and the signed envelope around them."""
