"""What happens by the clock: deadlines, reminders, how much may be posted."""
