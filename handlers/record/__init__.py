"""Records beside tickets: what is published, visited, inspected, voted, met about, reviewed."""
