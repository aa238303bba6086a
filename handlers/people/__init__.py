"""Who somebody is, where, and who stands in for whom."""
