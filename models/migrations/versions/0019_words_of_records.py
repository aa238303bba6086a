"""words of records are found where they are to be erased, pictures of publications by their hash"""

import json

import sqlalchemy as sa
from alembic import op


revision = '0019'
down_revision = '0017'
branch_labels = None
depends_on = None

HAS_WORDS = sa.text("text != ''")
RECORD = sa.table('record', sa.column('id'), sa.column('kind'), sa.column('data', sa.Text), sa.column('at'), sa.column('erased_at'))
ENTRY = sa.table('record_entry', sa.column('record_id'), sa.column('kind'), sa.column('key'), sa.column('text'), sa.column('at'))


def upgrade() -> None:
    op.create_index('ix_record_ended', 'record', ['erased_at', 'ended_at'])
    op.create_index('ix_record_kept', 'record', ['kind', 'erased_at', 'at'])
    op.create_index('ix_record_entry_key', 'record_entry', ['kind', 'key'])
    op.create_index('ix_record_entry_words', 'record_entry', ['kind', 'at'], sqlite_where=HAS_WORDS, postgresql_where=HAS_WORDS)
    connection = op.get_bind()
    query = sa.select(RECORD.c.id, RECORD.c.data, RECORD.c.at)
    query = query.where(RECORD.c.kind == 'publication', RECORD.c.erased_at.is_(None))
    for record_id, data, at in connection.execute(query).all():
        data = json.loads(data) if isinstance(data, str) else data
        for sha256 in dict.fromkeys(data.get('pictures', ())):
            row = {'record_id': record_id, 'kind': 'picture', 'key': sha256, 'text': '', 'at': at}
            connection.execute(sa.insert(ENTRY), [row])


def downgrade() -> None:
    op.execute(sa.delete(ENTRY).where(ENTRY.c.kind == 'picture'))
    op.drop_index('ix_record_entry_words', 'record_entry')
    op.drop_index('ix_record_entry_key', 'record_entry')
    op.drop_index('ix_record_kept', 'record')
    op.drop_index('ix_record_ended', 'record')
