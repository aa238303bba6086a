"""petitions, 12345 complaints and lawsuits that staff enter by the month"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

KINDS = (
    'wish_done', 'matter_done', 'company_done', 'dispute_solved', 'signal_confirmed', 'reported', 'patrol_done',
    'visit_done', 'care_done', 'petition', 'hotline', 'lawsuit',
)


def upgrade() -> None:
    op.create_table('outside_count',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum(*KINDS, name='pointkind', native_enum=False, length=24), nullable=False),
    sa.Column('month', sa.String(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.String(), nullable=True),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subject', 'kind', 'month')
    )


def downgrade() -> None:
    op.drop_table('outside_count')
