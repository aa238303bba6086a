"""who runs an account, whether it is logged in, what it did today"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_lease',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('until', models.types.Utc(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('account')
    )
    op.create_table('account_link',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('online', sa.Boolean(), nullable=False),
    sa.Column('since', models.types.Utc(timezone=True), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('alarmed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('account')
    )
    op.create_table('daily_count',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('day', sa.String(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('account', 'what')
    )


def downgrade() -> None:
    op.drop_table('daily_count')
    op.drop_table('account_link')
    op.drop_table('account_lease')
