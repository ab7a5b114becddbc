"""The one program `verwijsindex`, its version, and the demo: the only package that knows all the others."""

__version__ = "0.1.0"
