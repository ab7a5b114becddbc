"""Where the node learns about persons: a protocol, and the local register."""
