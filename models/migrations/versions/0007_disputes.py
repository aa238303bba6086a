"""the records of disputes"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('dispute_record',
    sa.Column('ticket_id', sa.String(), nullable=False),
    sa.Column('method', sa.String(), nullable=True),
    sa.Column('succeeded', sa.Boolean(), nullable=True),
    sa.Column('people', sa.Integer(), nullable=True),
    sa.Column('settled_at', models.types.Utc(timezone=True), nullable=True),
    sa.Column('out_of', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['out_of'], ['ticket.id'], ),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('ticket_id')
    )
    with op.batch_alter_table('dispute_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dispute_record_out_of'), ['out_of'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_record_settled_at'), ['settled_at'], unique=False)

    op.create_table('dispute_entry',
    sa.Column('ticket_id', sa.String(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('ticket_id', 'field')
    )


def downgrade() -> None:
    op.drop_table('dispute_entry')
    with op.batch_alter_table('dispute_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_dispute_record_settled_at'))
        batch_op.drop_index(batch_op.f('ix_dispute_record_out_of'))

    op.drop_table('dispute_record')
