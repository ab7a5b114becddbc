"""Certificates and keys: who may speak for whom, and how secrets are kept."""
