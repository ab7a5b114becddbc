"""The national hub: it registers, matches and tells regions of each other, without knowing whom it is about."""
