"""deputies, and deadlines that were moved on purpose"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('deputy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('deputy_id', sa.String(), nullable=False),
    sa.Column('since', models.types.Utc(timezone=True), nullable=False),
    sa.Column('until', models.types.Utc(timezone=True), nullable=False),
    sa.Column('ended_at', models.types.Utc(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['deputy_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('deputy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deputy_deputy_id'), ['deputy_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deputy_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ux_deputy_live', ['person_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('extended_days', sa.Float(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_column('extended_days')

    with op.batch_alter_table('deputy', schema=None) as batch_op:
        batch_op.drop_index('ux_deputy_live', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_deputy_person_id'))
        batch_op.drop_index(batch_op.f('ix_deputy_deputy_id'))

    op.drop_table('deputy')
