"""The life of a ticket: whose it is, what is done with it, how it ends."""
