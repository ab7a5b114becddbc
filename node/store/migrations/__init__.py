"""The numbered steps of a node's database: appended, never edited."""
