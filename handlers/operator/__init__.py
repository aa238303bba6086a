"""What whoever operates the bot hears."""
