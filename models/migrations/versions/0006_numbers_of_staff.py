"""the town's own number of a person, deputies"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


# recreate: a table that others point at cannot be remade on SQLite while it has rows.


def upgrade() -> None:
    with op.batch_alter_table('person', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('code', sa.String(), nullable=True))
        batch_op.create_index(batch_op.f('ix_person_code'), ['code'], unique=True)

    with op.batch_alter_table('role_grant', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('deputy', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('role_grant', recreate='never') as batch_op:
        batch_op.drop_column('deputy')

    with op.batch_alter_table('person', recreate='never') as batch_op:
        batch_op.drop_index(batch_op.f('ix_person_code'))
        batch_op.drop_column('code')
