"""Replaying an exported chat through the same dispatcher as a live one."""
