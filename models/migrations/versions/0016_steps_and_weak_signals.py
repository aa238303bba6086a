"""which step of its route a ticket has reached, and what became of weak signals"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('step', sa.String(), nullable=True))

    op.create_table('weak_signal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('signal_id', sa.Integer(), nullable=True),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('fields', sa.String(), nullable=False),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('ended_at', models.types.Utc(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('weak_signal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_weak_signal_signal_id'), ['signal_id'], unique=False)
        batch_op.create_index('ix_weak_signal_node', ['node_id', 'at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('weak_signal', schema=None) as batch_op:
        batch_op.drop_index('ix_weak_signal_node')
        batch_op.drop_index(batch_op.f('ix_weak_signal_signal_id'))

    op.drop_table('weak_signal')

    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_column('step')
