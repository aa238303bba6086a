"""since when and by whom a ticket was passed on, who is pushed, and from which ticket somebody came"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


# recreate: a table that others point at cannot be remade on SQLite while it has rows.


def upgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('given_at', models.types.Utc(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('given_by', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('supervised_at', models.types.Utc(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f('ix_ticket_organisation_id'))
        batch_op.create_index('ix_ticket_organisation', ['organisation_id', 'status', 'opened_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_merged_into'), ['merged_into'], unique=False)

    with op.batch_alter_table('requester', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('merged_from', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('requester', recreate='never') as batch_op:
        batch_op.drop_column('merged_from')

    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_merged_into'))
        batch_op.drop_index('ix_ticket_organisation')
        batch_op.create_index(batch_op.f('ix_ticket_organisation_id'), ['organisation_id'], unique=False)
        batch_op.drop_column('supervised_at')
        batch_op.drop_column('given_by')
        batch_op.drop_column('given_at')
