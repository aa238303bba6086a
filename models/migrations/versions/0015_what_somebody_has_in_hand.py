"""what somebody has in hand, and what ended at a place, without reading what is long over"""

from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_handler_id'))
        batch_op.drop_index(batch_op.f('ix_ticket_closed_at'))
        batch_op.create_index('ix_ticket_handler', ['handler_id', 'status'], unique=False)
        batch_op.create_index('ix_ticket_handler_scope', ['handler_id', 'scope_id'], unique=False)
        batch_op.create_index('ix_ticket_ended', ['node_id', 'closed_at'], unique=False)

    with op.batch_alter_table('claim', recreate='never') as batch_op:
        batch_op.drop_index(batch_op.f('ix_claim_person_id'))
        batch_op.create_index('ix_claim_in_hand', ['person_id', 'ended_at'], unique=False)

    # Of many kinds of looks, SQLite would rather read everything that waits anywhere than each kind of one subject.
    with op.batch_alter_table('schedule', recreate='never') as batch_op:
        batch_op.create_index('ix_schedule_subject', ['subject', 'state'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('schedule', recreate='never') as batch_op:
        batch_op.drop_index('ix_schedule_subject')

    with op.batch_alter_table('claim', recreate='never') as batch_op:
        batch_op.drop_index('ix_claim_in_hand')
        batch_op.create_index(batch_op.f('ix_claim_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('ticket', recreate='never') as batch_op:
        batch_op.drop_index('ix_ticket_ended')
        batch_op.drop_index('ix_ticket_handler_scope')
        batch_op.drop_index('ix_ticket_handler')
        batch_op.create_index(batch_op.f('ix_ticket_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_handler_id'), ['handler_id'], unique=False)
