"""a long message has a number in the reader's chat for each of its pieces

Revision ID: 0007
Revises: 0006
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column('outgoing_messages', 'sent_as',
    type_=postgresql.ARRAY(sa.BigInteger()),
    postgresql_using="case when sent_as is null then '{}' else array[sent_as] end")
    # A message that is half sent goes on where it stopped, whatever its first pieces are called.
    op.execute(
        "update outgoing_messages set sent_as = array_fill(0::bigint, array[parts_sent]) "
        "from deliveries where message_id = id and status = 'waiting' and parts_sent > 0"
    )
    op.alter_column('outgoing_messages', 'sent_as', server_default=sa.text("'{}'"), nullable=False)
    op.drop_column('deliveries', 'parts_sent')


def downgrade() -> None:
    op.add_column('deliveries', sa.Column('parts_sent', sa.Integer(), server_default='0', nullable=False))
    op.execute(
        "update deliveries set parts_sent = cardinality(sent_as) "
        "from outgoing_messages where message_id = id"
    )
    op.alter_column('deliveries', 'parts_sent', server_default=None)
    op.alter_column('outgoing_messages', 'sent_as', server_default=None, nullable=True)
    op.alter_column('outgoing_messages', 'sent_as',
    type_=sa.BigInteger(), postgresql_using='sent_as[cardinality(sent_as)]')
