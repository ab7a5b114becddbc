"""What the hub remembers: a small protocol with its promise, and the SQL that keeps it."""
