"""What is heard in a group: which matter it is, and what the bot makes of it."""
