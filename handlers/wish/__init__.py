"""Wishes: the menu, who helps, what a leader agrees to."""
