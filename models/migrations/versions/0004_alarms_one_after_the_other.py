"""several alarms of one matter, and what a line about an emergency says"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_TOPIC = sa.Enum('alarm', 'reminded', 'escalated', 'transferred', 'called_off', name='topic', native_enum=False, length=24)
_OLD = ('subject', 'at', 'told', 'acknowledged_by', 'ended_at')


def upgrade() -> None:
    # A key cannot be exchanged in place on SQLite. There are few alarms: they are carried over by hand.
    kept = _read()
    for row in kept:
        row.update(level=0, raised_by=None, over_at=None)
        if row['ended_at'] is None and not _waits(row['subject']):
            # Until now an alarm whose matter was seen to stayed open when nobody had said 收到.
            row['ended_at'] = row['at']
    _remake(lambda: op.create_table('alarm',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.String(), nullable=False),
        sa.Column('level', sa.Integer(), nullable=False),
        sa.Column('raised_by', sa.String(), nullable=True),
        *_shared(),
        sa.Column('over_at', models.types.Utc(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id')
    ), kept)
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alarm_subject'), ['subject'], unique=False)
        batch_op.create_index('ux_alarm_waiting', ['subject'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    with op.batch_alter_table('outgoing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('topic', _TOPIC, nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('outgoing', schema=None) as batch_op:
        batch_op.drop_column('topic')

    # Only the last alarm of a matter has a place there.
    last = {row['subject']: row for row in _read()}
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.drop_index('ux_alarm_waiting')
        batch_op.drop_index(batch_op.f('ix_alarm_subject'))

    _remake(lambda: op.create_table('alarm',
        sa.Column('subject', sa.String(), nullable=False),
        *_shared(),
        sa.PrimaryKeyConstraint('subject')
    ), list(last.values()))


def _shared() -> list[Any]:
    return [
        sa.Column('at', models.types.Utc(timezone=True), nullable=False),
        sa.Column('told', sa.JSON(), nullable=False),
        sa.Column('acknowledged_by', sa.String(), nullable=True),
        sa.Column('ended_at', models.types.Utc(timezone=True), nullable=True),
    ]


def _read() -> list[dict[str, Any]]:
    """What stands in the table, the oldest first, in the columns that both forms have."""
    alarm = sa.table('alarm', sa.column('subject', sa.String()), *(sa.column(c.name, c.type) for c in _shared()))
    rows = op.get_bind().execute(sa.select(*(alarm.c[name] for name in _OLD)).order_by(alarm.c.at)).mappings()
    return [dict(row) for row in rows]


def _remake(create: Callable[[], Any], rows: list[dict[str, Any]]) -> None:
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alarm_ended_at'))
    op.drop_table('alarm')
    op.bulk_insert(create(), rows)
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alarm_ended_at'), ['ended_at'], unique=False)


def _waits(subject: str) -> bool:
    """Whether nobody has taken the matter in hand yet."""
    bind = op.get_bind()
    if subject.startswith('signal:'):
        found = bind.execute(sa.text("SELECT 1 FROM signal WHERE id = :id AND status = 'waiting'"), {'id': int(subject[7:])})
    else:
        found = bind.execute(sa.text(
            "SELECT 1 FROM ticket WHERE id = :id AND status IN ('open', 'noticed') AND handler_id IS NULL"
        ), {'id': subject})
    return found.first() is not None
