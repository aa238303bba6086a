"""one-time codes, ids that changed with a new login, posts whose words go at once"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('role_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('issued_by', sa.String(), nullable=True),
    sa.Column('issued_at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('expires_at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('used_at', models.types.Utc(timezone=True), nullable=True),
    sa.Column('used_on', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('digest')
    )
    with op.batch_alter_table('role_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_code_person_id'), ['person_id'], unique=False)

    op.create_table('code_try',
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('day', sa.String(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('account', 'digest')
    )
    op.create_table('rebinding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('room_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('old_external_id', sa.String(), nullable=False),
    sa.Column('new_external_id', sa.String(), nullable=False),
    sa.Column('display_name', sa.String(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'confirmed', 'rejected', 'ended', name='rebindingstate', native_enum=False, length=24), nullable=False),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('decided_at', models.types.Utc(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['room_id'], ['room.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('rebinding', schema=None) as batch_op:
        batch_op.create_index('ix_rebinding_waiting', ['account', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_rebinding_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('outgoing', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('secret', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('outgoing', recreate='never') as batch_op:
        batch_op.drop_column('secret')

    with op.batch_alter_table('rebinding', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rebinding_person_id'))
        batch_op.drop_index('ix_rebinding_waiting')

    op.drop_table('rebinding')
    op.drop_table('code_try')
    with op.batch_alter_table('role_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_role_code_person_id'))

    op.drop_table('role_code')
