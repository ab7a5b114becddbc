"""The pure middle of a node: values and a date in, a value out."""
