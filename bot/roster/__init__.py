"""The spreadsheet of nodes, rooms, people, organisations: the empty one, and importing a filled one."""
