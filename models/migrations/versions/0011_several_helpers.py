"""several helpers of one wish, and how often a wish was offered"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

_LIVE = sa.text('ended_at IS NULL')


def upgrade() -> None:
    op.create_table('wish_offer',
    sa.Column('ticket_id', sa.String(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('due_at', models.types.Utc(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('ticket_id')
    )
    with op.batch_alter_table('claim', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('seat', sa.Integer(), server_default=sa.text('0'), nullable=False))
        batch_op.drop_index('ux_claim_live')
        batch_op.create_index('ux_claim_live', ['ticket_id', 'seat'], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
        batch_op.create_index('ux_claim_person', ['ticket_id', 'person_id'], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)


def downgrade() -> None:
    # Only one may have a wish again: who came first keeps it.
    op.execute(
        "UPDATE claim SET ended_at = at, outcome = 'handed_back' WHERE ended_at IS NULL AND EXISTS "
        "(SELECT 1 FROM claim AS other WHERE other.ticket_id = claim.ticket_id AND other.ended_at IS NULL AND other.id < claim.id)"
    )
    with op.batch_alter_table('claim', recreate='never') as batch_op:
        batch_op.drop_index('ux_claim_person')
        batch_op.drop_index('ux_claim_live')
        batch_op.create_index('ux_claim_live', ['ticket_id'], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
        batch_op.drop_column('seat')

    op.drop_table('wish_offer')
