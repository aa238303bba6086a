"""Digests and reports: counted once, frozen, said again in the same words."""
