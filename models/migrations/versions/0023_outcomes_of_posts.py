"""a post that was refused or came too late says so; when it was tried, the channel's code and its echo"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

ROW = sa.table(
    'outgoing',
    *map(sa.column, ('state', 'error', 'room_id', 'attempts', 'sent_at', 'tried_at', 'not_before')),
)
OURS = ('nobody is in charge', 'the person is not on this account', 'the person cannot be written to')


def upgrade() -> None:
    with op.batch_alter_table('outgoing', recreate='never') as table:
        table.add_column(sa.Column('code', sa.Integer(), nullable=True))
        table.add_column(sa.Column('tried_at', models.types.Utc(timezone=True), nullable=True))
        table.add_column(sa.Column('tried_before', models.types.Utc(timezone=True), nullable=True))
        table.add_column(sa.Column('echo', sa.String(), nullable=True))
    op.execute(sa.update(ROW).where(ROW.c.sent_at.is_not(None)).values(tried_at=ROW.c.sent_at))
    # Of what may have arrived nobody wrote when: no earlier than its turn came.
    op.execute(sa.update(ROW).where(ROW.c.state.in_(('maybe', 'sending'))).values(tried_at=ROW.c.not_before))
    op.execute(sa.update(ROW).where(ROW.c.state == 'dropped', ROW.c.error == 'expired').values(state='expired'))
    # Refused at the first try and for good: the channel does not write to that person.
    refused = (ROW.c.state == 'stuck', ROW.c.error.not_in(OURS), ROW.c.room_id.is_(None), ROW.c.attempts == 1)
    op.execute(sa.update(ROW).where(*refused).values(state='refused'))
    op.drop_index('ix_outgoing_budget', 'outgoing')
    op.create_index('ix_outgoing_tried', 'outgoing', ['account', 'tried_at'])


def downgrade() -> None:
    op.drop_index('ix_outgoing_tried', 'outgoing')
    op.create_index('ix_outgoing_budget', 'outgoing', ['account', 'sent_at'])
    op.execute(sa.update(ROW).where(ROW.c.state == 'refused').values(state='stuck'))
    op.execute(sa.update(ROW).where(ROW.c.state == 'expired').values(state='dropped', error='expired'))
    with op.batch_alter_table('outgoing', recreate='never') as table:
        for name in ('echo', 'tried_before', 'tried_at', 'code'):
            table.drop_column(name)
