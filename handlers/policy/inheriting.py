"""A pack says only where it differs: it is laid over the default one."""

from collections.abc import Mapping
from typing import Any


def laid_over(values: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """values with own laid over them, table by table; everything else, lists too, is replaced whole."""
    merged: dict[str, Any] = dict(values)
    for key, value in own.items():
        below = values.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = laid_over(below, value)
        else:
            merged[key] = value
    return merged
