"""Who may read what, and what must not stay."""
