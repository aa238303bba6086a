"""Column types shared by the tables."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, DateTime, Enum, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

BYTEWISE = String().with_variant(String(collation="C"), "postgresql")
"""Text that is compared byte by byte, as SQLite does anyway: a language's order would break ranges of paths."""


class Utc(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC on both engines (SQLite keeps no zone by itself)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was about to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def coded(codes: type[StrEnum], *, nullable: bool = False, index: bool = False) -> Column[Any]:
    """A column that keeps the value of an enum as plain text: no native type that a migration must alter."""
    kind = Enum(codes, native_enum=False, length=24, values_callable=lambda members: [m.value for m in members])
    return Column(kind, nullable=nullable, index=index)
