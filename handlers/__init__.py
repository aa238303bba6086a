"""What the bot does: one module a capability; commands.py is the one registry."""
