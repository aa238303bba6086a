"""Making and upgrading the database: alembic, driven from code."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

import models.alarm_tables
import models.deputy_tables
import models.dispute_tables
import models.feedback_tables
import models.history_tables
import models.identity_tables
import models.link_tables
import models.organisation_tables
import models.outgoing_tables
import models.point_tables
import models.record_tables
import models.report_tables
import models.tables
import models.ticket_tables
import models.weak_signal_tables
import models.wish_tables  # noqa: F401  (all of them fill the metadata)

_MIGRATIONS = Path(__file__).parent / "migrations"


def metadata() -> object:
    """The tables as the code knows them."""
    return SQLModel.metadata


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest migration; does nothing when it is there."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Two processes that start together must not both make the tables; SQLite locks by itself.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('xiaoshao.migrations'))"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def create(engine: Engine) -> None:
    """Make all tables at once in an empty, throw-away database."""
    SQLModel.metadata.create_all(engine)


def is_current(engine: Engine) -> bool:
    """Whether the database stands at the newest migration."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
