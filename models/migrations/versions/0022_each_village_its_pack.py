"""each village may have a policy pack of its own"""

import sqlalchemy as sa
from alembic import op


revision = '0022'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('grid_node', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('policy', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('grid_node', recreate='never') as batch_op:
        batch_op.drop_column('policy')
