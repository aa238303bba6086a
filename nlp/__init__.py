"""Understanding group chat: normalise → segment → features → classify → extract → thread.

Pure functions over text and small values; the only I/O is reading the package's own lexicons and model data.
"""
