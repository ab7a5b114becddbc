"""The Digikoppeling WUS profile 2W-be-S, without input or output: bytes in, verified messages out, and back."""
