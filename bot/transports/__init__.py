"""Channels: each converts messages in and posts out, and has no logic."""
