"""words of records are found where they are to be erased, pictures of publications by their hash; a missed deadline stays known"""

import json

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0019'
down_revision = '0017'
branch_labels = None
depends_on = None

HAS_WORDS = sa.text("text != ''")
RECORD = sa.table('record', sa.column('id'), sa.column('kind'), sa.column('data', sa.Text), sa.column('at'), sa.column('erased_at'))
ENTRY = sa.table('record_entry', sa.column('record_id'), sa.column('kind'), sa.column('key'), sa.column('text'), sa.column('at'))

EVENT = sa.table('ticket_event', sa.column('ticket_id'), sa.column('at'), sa.column('kind'), sa.column('data', sa.Text))
TICKET = sa.table('ticket', sa.column('id'), sa.column('missed_at'))


def upgrade() -> None:
    op.create_index('ix_record_ended', 'record', ['erased_at', 'ended_at'])
    op.create_index('ix_record_kept', 'record', ['kind', 'erased_at', 'at'])
    op.create_index('ix_record_entry_key', 'record_entry', ['kind', 'key'])
    op.create_index('ix_record_entry_words', 'record_entry', ['kind', 'at'], sqlite_where=HAS_WORDS, postgresql_where=HAS_WORDS)
    with op.batch_alter_table('ticket', recreate='never') as table:
        table.add_column(sa.Column('missed_at', models.types.Utc(timezone=True), nullable=True))
    connection = op.get_bind()
    # What had gone up by itself because it was late: the history says so.
    query = sa.select(EVENT.c.ticket_id, EVENT.c.at, EVENT.c.data).where(EVENT.c.kind == 'escalated')
    late = {}
    for ticket_id, at, data in connection.execute(query.order_by(EVENT.c.at.desc())).all():
        data = json.loads(data) if isinstance(data, str) else data
        if data.get('expired'):
            late[ticket_id] = at
    for ticket_id, at in late.items():
        connection.execute(sa.update(TICKET).where(TICKET.c.id == ticket_id).values(missed_at=at))
    query = sa.select(RECORD.c.id, RECORD.c.data, RECORD.c.at)
    query = query.where(RECORD.c.kind == 'publication', RECORD.c.erased_at.is_(None))
    for record_id, data, at in connection.execute(query).all():
        data = json.loads(data) if isinstance(data, str) else data
        for sha256 in dict.fromkeys(data.get('pictures', ())):
            row = {'record_id': record_id, 'kind': 'picture', 'key': sha256, 'text': '', 'at': at}
            connection.execute(sa.insert(ENTRY), [row])


def downgrade() -> None:
    op.execute(sa.delete(ENTRY).where(ENTRY.c.kind == 'picture'))
    with op.batch_alter_table('ticket', recreate='never') as table:
        table.drop_column('missed_at')
    op.drop_index('ix_record_entry_words', 'record_entry')
    op.drop_index('ix_record_entry_key', 'record_entry')
    op.drop_index('ix_record_kept', 'record')
    op.drop_index('ix_record_ended', 'record')
