"""machine translations that were made before

Revision ID: 0003
Revises: 0002
"""

from alembic import op
import sqlalchemy as sa
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('machine_translations',
    sa.Column('key', sa.LargeBinary(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_machine_translations'))
    )
    op.create_index(op.f('ix_machine_translations_created_at'), 'machine_translations', ['created_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_machine_translations_created_at'), table_name='machine_translations')
    op.drop_table('machine_translations')
