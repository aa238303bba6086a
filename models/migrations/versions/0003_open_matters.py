"""keys of open matters"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The keys of what is open already are written when the program starts: they need its words.
    op.create_table('open_matter',
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('doubtful', sa.Boolean(), nullable=False),
    sa.Column('opened_at', models.types.Utc(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.PrimaryKeyConstraint('subject', 'key')
    )
    with op.batch_alter_table('open_matter', schema=None) as batch_op:
        batch_op.create_index('ix_open_matter_key', ['node_id', 'category', 'doubtful', 'key', 'opened_at'], unique=False)

    with op.batch_alter_table('requester', schema=None) as batch_op:
        batch_op.drop_index('ix_requester_person')
        batch_op.create_index('ix_requester_person', ['person_id', 'joined_at'], unique=False)

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_matter')



def downgrade() -> None:
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_matter', ['node_id', 'category', 'status'], unique=False)

    with op.batch_alter_table('requester', schema=None) as batch_op:
        batch_op.drop_index('ix_requester_person')
        batch_op.create_index('ix_requester_person', ['person_id'], unique=False)

    with op.batch_alter_table('open_matter', schema=None) as batch_op:
        batch_op.drop_index('ix_open_matter_key')

    op.drop_table('open_matter')
