"""One-time codes as text: how they look, how they are read, and what is kept of them."""

import hashlib
import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Nothing that is taken for something else when it is read out or written by hand: no 0 and O, no 1, I and L."""
HALF = 4
_SALT = b"xiaoshao one-time code"


def random_code() -> str:
    """Eight random characters, 40 bits: K7Q4-M3XP."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(2 * HALF))
    return f"{letters[:HALF]}-{letters[HALF:]}"


def plain_code(text: str) -> str | None:
    """The code as it was issued, however it was typed; None when the text cannot be one."""
    letters = "".join(char for char in unicodedata.normalize("NFKC", text).upper() if char not in "-–— ")
    if len(letters) != 2 * HALF or any(char not in ALPHABET for char in letters):
        return None
    return f"{letters[:HALF]}-{letters[HALF:]}"


def code_digest(code: str) -> str:
    """What is kept of a code. Slow on purpose (about 50 ms): 40 bits could be tried through while it is valid."""
    return hashlib.scrypt(code.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32).hex()
