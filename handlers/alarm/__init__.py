"""Emergencies: who is told, who has it, who is next."""
