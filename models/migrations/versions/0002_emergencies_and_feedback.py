"""emergencies and feedback"""

import sqlalchemy as sa
from alembic import op

import models.types


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alarm',
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('told', sa.JSON(), nullable=False),
    sa.Column('acknowledged_by', sa.String(), nullable=True),
    sa.Column('ended_at', models.types.Utc(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('subject')
    )
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alarm_ended_at'), ['ended_at'], unique=False)

    op.create_table('duty',
    sa.Column('node_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['node_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('node_id', 'position')
    )
    with op.batch_alter_table('duty', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duty_person_id'), ['person_id'], unique=False)

    op.create_table('feedback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', models.types.Utc(timezone=True), nullable=False),
    sa.Column('scope_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.Enum('false_alarm', 'confirmed', 'dropped', 'recategorised', name='feedbacksource', native_enum=False, length=24), nullable=False),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('band', sa.String(), nullable=True),
    sa.Column('score', sa.Float(), nullable=True),
    sa.Column('model', sa.String(), nullable=True),
    sa.Column('features', sa.JSON(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('ticket_id', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['scope_id'], ['grid_node.id'], ),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_ticket_id'), ['ticket_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_feedback_ticket_id'))

    op.drop_table('feedback')
    with op.batch_alter_table('duty', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_duty_person_id'))

    op.drop_table('duty')
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alarm_ended_at'))

    op.drop_table('alarm')
