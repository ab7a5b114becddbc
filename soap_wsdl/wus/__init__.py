"""The Digikoppeling WUS 2W-be-S profile: signed and verified envelopes, without I/O."""
