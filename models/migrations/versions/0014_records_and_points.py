"""records beside tickets, points, households"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('publication', 'visit', 'patrol', 'vote', 'care', 'meeting', 'review', name='recordkind', native_enum=False, length=24), nullable=False),
    sa.Column('scope_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('room_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('ticket_id', sa.String(), nullable=True),
    sa.Column('subject', sa.String(), nullable=True),
    sa.Column('period', sa.String(), nullable=True),
    sa.Column('state', sa.Enum('open', 'ended', 'cancelled', name='recordstate', native_enum=False, length=24), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('due_at', models.types.Utc(timezone=True), nullable=True),
    sa.Column('ended_at', models.types.Utc(timezone=True), nullable=True),
    sa.Column('erased_at', models.types.Utc(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['room_id'], ['room.id'], ),
    sa.ForeignKeyConstraint(['scope_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('kind', 'node_id', 'subject', 'period'),
    sa.UniqueConstraint('scope_id', 'number')
    )
    with op.batch_alter_table('record', schema=None) as batch_op:
        batch_op.create_index('ix_record_due', ['kind', 'state', 'due_at'], unique=False)
        batch_op.create_index('ix_record_node', ['node_id', 'kind', 'state', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('point_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('scope_id', sa.Integer(), nullable=False),
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('rule', sa.String(), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('ticket_id', sa.String(), nullable=True),
    sa.Column('record_id', sa.Integer(), nullable=True),
    sa.Column('by_id', sa.String(), nullable=True),
    sa.Column('reverses', sa.Integer(), nullable=True),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], ),
    sa.ForeignKeyConstraint(['reverses'], ['point_entry.id'], ),
    sa.ForeignKeyConstraint(['scope_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key'),
    sa.UniqueConstraint('reverses')
    )
    with op.batch_alter_table('point_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_point_entry_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_point_entry_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_point_entry_record_id'), ['record_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_point_entry_ticket_id'), ['ticket_id'], unique=False)
        batch_op.create_index('ix_point_month', ['scope_id', 'at'], unique=False)
        batch_op.create_index('ix_point_node', ['node_id', 'at'], unique=False)

    op.create_table('record_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('record_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=True),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('ticket_id', sa.String(), nullable=True),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['record_id'], ['record.id'], ),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('record_id', 'kind', 'key')
    )
    with op.batch_alter_table('record_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_record_entry_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_entry_record_id'), ['record_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_record_entry_ticket_id'), ['ticket_id'], unique=False)

    with op.batch_alter_table('outgoing', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('record_ids', sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table('person', recreate='never') as batch_op:
        batch_op.add_column(sa.Column('household', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('outgoing', recreate='never') as batch_op:
        batch_op.drop_column('record_ids')

    with op.batch_alter_table('person', recreate='never') as batch_op:
        batch_op.drop_column('household')

    with op.batch_alter_table('record_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_record_entry_ticket_id'))
        batch_op.drop_index(batch_op.f('ix_record_entry_record_id'))
        batch_op.drop_index(batch_op.f('ix_record_entry_person_id'))

    op.drop_table('record_entry')
    with op.batch_alter_table('point_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_point_node')
        batch_op.drop_index('ix_point_month')
        batch_op.drop_index(batch_op.f('ix_point_entry_ticket_id'))
        batch_op.drop_index(batch_op.f('ix_point_entry_record_id'))
        batch_op.drop_index(batch_op.f('ix_point_entry_person_id'))
        batch_op.drop_index(batch_op.f('ix_point_entry_organisation_id'))

    op.drop_table('point_entry')
    with op.batch_alter_table('record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_record_ticket_id'))
        batch_op.drop_index(batch_op.f('ix_record_person_id'))
        batch_op.drop_index('ix_record_node')
        batch_op.drop_index('ix_record_due')

    op.drop_table('record')
