"""organisations, teams, and what a ticket needs to wait"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


# recreate: a table that others point at cannot be remade on SQLite while it has rows.


def upgrade() -> None:
    op.create_table('organisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum('property', 'department', 'other', name='organisationkind', native_enum=False, length=24), nullable=False),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_node_id'), ['node_id'], unique=False)

    op.create_table('member',
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('organisation_id', 'person_id')
    )
    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_member_person_id'), ['person_id'], unique=False)

    op.create_table('responsible',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('responsible', schema=None) as batch_op:
        batch_op.create_index('ux_responsible', ['node_id', 'category'], unique=True)

    with op.batch_alter_table('account', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('roles_paused', sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table('person', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('team', sa.Enum('red', 'blue', 'green', name='team', native_enum=False, length=24), nullable=True))

    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('organisation_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('helpers_wanted', sa.Integer(), server_default=sa.text('1'), nullable=False))
        batch_op.add_column(sa.Column('nameless', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('waiting_since', models.types.Utc(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('waiting_for', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('next_by', models.types.Utc(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_ticket_organisation_id'), ['organisation_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_organisation_id'))
        batch_op.drop_column('next_by')
        batch_op.drop_column('waiting_for')
        batch_op.drop_column('waiting_since')
        batch_op.drop_column('nameless')
        batch_op.drop_column('helpers_wanted')
        batch_op.drop_column('organisation_id')

    with op.batch_alter_table('person', recreate='never') as batch_op:
        batch_op.drop_column('team')

    with op.batch_alter_table('account', recreate='never') as batch_op:
        batch_op.drop_column('roles_paused')

    with op.batch_alter_table('responsible', schema=None) as batch_op:
        batch_op.drop_index('ux_responsible')

    op.drop_table('responsible')
    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_member_person_id'))

    op.drop_table('member')
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organisation_node_id'))

    op.drop_table('organisation')
