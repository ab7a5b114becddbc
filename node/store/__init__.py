"""What a node keeps: plain SQL in functions that take a transaction, one file for each subject."""
