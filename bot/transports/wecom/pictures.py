"""Pictures as WeCom takes them."""

JPEG = "image/jpeg"
PNG = "image/png"


def media_type(data: bytes) -> str | None:
    """JPEG or PNG by the first bytes, None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return None
