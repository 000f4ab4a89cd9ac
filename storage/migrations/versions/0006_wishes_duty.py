"""wishes for an interpreter, volunteers on duty

Revision ID: 0006
Revises: 0005
"""

from alembic import op
import sqlalchemy as sa
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('handoffs', sa.Column('gender', sa.Text(), nullable=True))
    op.add_column('handoffs', sa.Column('dialect', sa.Text(), nullable=True))
    op.add_column('handoffs', sa.Column('refused', sa.Integer(), server_default='0', nullable=False))
    op.add_column('interpreter_profiles', sa.Column('duty_until', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('interpreter_profiles', 'duty_until')
    op.drop_column('handoffs', 'refused')
    op.drop_column('handoffs', 'dialect')
    op.drop_column('handoffs', 'gender')
