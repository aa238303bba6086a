"""frozen reports"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('since', models.types.Utc(timezone=True), nullable=False),
    sa.Column('until', models.types.Utc(timezone=True), nullable=False),
    sa.Column('made_at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('kind', 'period', 'node_id')
    )


def downgrade() -> None:
    op.drop_table('report')
