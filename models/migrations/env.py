"""Alembic's entry: runs on the connection that models/schema.py hands over."""

from alembic import context
from sqlmodel import SQLModel

import models.alarm_tables
import models.feedback_tables
import models.history_tables
import models.organisation_tables
import models.outgoing_tables
import models.tables
import models.ticket_tables  # noqa: F401  (all of them fill the metadata)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
