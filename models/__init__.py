"""Domain values, tables, the state machine, the working calendar, and the unit of work."""
