"""Points, rankings and boards."""
