"""when a closed ticket was anonymised"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('anonymised_at', models.types.Utc(timezone=True), nullable=True))
        batch_op.create_index('ix_ticket_kept', ['anonymised_at', 'closed_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_index('ix_ticket_kept')
        batch_op.drop_column('anonymised_at')
