"""Disputes, in private only."""
