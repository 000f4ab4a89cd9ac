"""pool, waves, talks

Revision ID: 0005
Revises: 0004
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('interpreter_hours',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('weekday', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('start', sa.Time(), nullable=False),
    sa.Column('end', sa.Time(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_interpreter_hours_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'weekday', 'start', name=op.f('pk_interpreter_hours'))
    )
    op.create_table('interpreter_profiles',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('german', sa.Text(), nullable=True),
    sa.Column('gender', sa.Text(), nullable=True),
    sa.Column('centres', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('ways', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{chat}'"), nullable=False),
    sa.Column('without', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('declared_on', sa.Date(), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_interpreter_profiles_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_interpreter_profiles'))
    )
    op.create_table('interpreter_services',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('helper_id', sa.UUID(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('centre', sa.Text(), nullable=False),
    sa.Column('way', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['helper_id'], ['people.id'], name=op.f('fk_interpreter_services_helper_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interpreter_services'))
    )
    op.create_index(op.f('ix_interpreter_services_helper_id'), 'interpreter_services', ['helper_id'], unique=False)
    op.create_table('talk_bans',
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_talk_bans_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_talk_bans'))
    )
    op.create_table('talk_reports',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('by_id', sa.UUID(), nullable=False),
    sa.Column('about_id', sa.UUID(), nullable=False),
    sa.Column('centre', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['about_id'], ['people.id'], name=op.f('fk_talk_reports_about_id_people'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['by_id'], ['people.id'], name=op.f('fk_talk_reports_by_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_talk_reports'))
    )
    op.create_index(op.f('ix_talk_reports_about_id'), 'talk_reports', ['about_id'], unique=False)
    op.create_table('handoff_notes',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('handoff_id', sa.BigInteger(), nullable=False),
    sa.Column('author_id', sa.UUID(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('fk_handoff_notes_author_id_people'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoffs.id'], name=op.f('fk_handoff_notes_handoff_id_handoffs'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handoff_notes'))
    )
    op.create_index(op.f('ix_handoff_notes_handoff_id'), 'handoff_notes', ['handoff_id'], unique=False)
    op.add_column('handoff_asks', sa.Column('language', sa.Text(), nullable=True))
    op.add_column('handoff_asks', sa.Column('wave', sa.Integer(), server_default='0', nullable=False))
    op.add_column('handoff_asks', sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.add_column('handoffs', sa.Column('adviser_id', sa.UUID(), nullable=True))
    op.add_column('handoffs', sa.Column('spoken', sa.Text(), nullable=True))
    op.add_column('handoffs', sa.Column('topic', sa.Text(), nullable=True))
    op.add_column('handoffs', sa.Column('urgency', sa.Text(), server_default='normal', nullable=False))
    op.add_column('handoffs', sa.Column('stage', sa.Text(), server_default='interpreters', nullable=False))
    op.add_column('handoffs', sa.Column('wave', sa.Integer(), server_default='0', nullable=False))
    op.add_column('handoffs', sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('handoffs', sa.Column('last_word_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('handoffs', sa.Column('warned_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('handoffs', sa.Column('person_said', sa.Text(), nullable=True))
    op.add_column('handoffs', sa.Column('helper_said', sa.Text(), nullable=True))
    op.create_index('ix_handoffs_due', 'handoffs', ['due_at'], unique=False, postgresql_where=sa.text("status = 'open'"))
    op.create_index('one_talk_per_adviser', 'handoffs', ['adviser_id'], unique=True, postgresql_where=sa.text("status = 'matched'"))
    op.create_foreign_key(op.f('fk_handoffs_adviser_id_people'), 'handoffs', 'people', ['adviser_id'], ['id'], ondelete='SET NULL')
    op.add_column('interpreter_languages', sa.Column('level', sa.Text(), server_default='fluent', nullable=False))
    op.add_column('interpreter_languages', sa.Column('dialects', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.create_check_constraint(op.f('ck_interpreter_languages_level'), 'interpreter_languages', "level in ('basic', 'fluent', 'native')")
    # What was under way goes on where it was.
    op.execute(
        "update handoffs set stage = 'managers' where kind = 'human' or escalated_at is not null"
    )
    op.execute(
        "update handoff_asks a set language = h.language, wave = 0 from handoffs h, people p"
        " where h.id = a.handoff_id and p.id = a.helper_id and h.kind = 'interpreter'"
        " and p.role <> 'manager'"
    )
    op.execute(
        "update handoffs h set spoken = h.language from people p"
        " where p.id = h.helper_id and h.kind = 'interpreter' and p.role <> 'manager'"
    )
    op.add_column('logins', sa.Column('name', sa.Text(), nullable=True))
    op.add_column('outgoing_messages', sa.Column('thread', sa.Text(), nullable=True))
    op.add_column('outgoing_messages', sa.Column('author_id', sa.UUID(), nullable=True))
    op.create_foreign_key(op.f('fk_outgoing_messages_author_id_people'), 'outgoing_messages', 'people', ['author_id'], ['id'], ondelete='SET NULL')
    op.add_column('outgoing_messages', sa.Column('origin', sa.BigInteger(), nullable=True))
    op.add_column('outgoing_messages', sa.Column('sent_as', sa.BigInteger(), nullable=True))
    op.create_index('ix_outgoing_thread', 'outgoing_messages', ['thread'], unique=False, postgresql_where=sa.text('thread is not null'))
    op.add_column('people', sa.Column('also_speaks', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    op.drop_column('people', 'also_speaks')
    op.drop_index('ix_outgoing_thread', table_name='outgoing_messages', postgresql_where=sa.text('thread is not null'))
    op.drop_column('outgoing_messages', 'sent_as')
    op.drop_column('outgoing_messages', 'origin')
    op.drop_constraint(op.f('fk_outgoing_messages_author_id_people'), 'outgoing_messages', type_='foreignkey')
    op.drop_column('outgoing_messages', 'author_id')
    op.drop_column('outgoing_messages', 'thread')
    op.drop_column('logins', 'name')
    op.drop_column('interpreter_languages', 'dialects')
    op.drop_constraint(op.f('ck_interpreter_languages_level'), 'interpreter_languages', type_='check')
    op.drop_column('interpreter_languages', 'level')
    op.drop_constraint(op.f('fk_handoffs_adviser_id_people'), 'handoffs', type_='foreignkey')
    op.drop_index('one_talk_per_adviser', table_name='handoffs', postgresql_where=sa.text("status = 'matched'"))
    op.drop_index('ix_handoffs_due', table_name='handoffs', postgresql_where=sa.text("status = 'open'"))
    op.drop_column('handoffs', 'helper_said')
    op.drop_column('handoffs', 'person_said')
    op.drop_column('handoffs', 'warned_at')
    op.drop_column('handoffs', 'last_word_at')
    op.drop_column('handoffs', 'due_at')
    op.drop_column('handoffs', 'wave')
    op.drop_column('handoffs', 'stage')
    op.drop_column('handoffs', 'urgency')
    op.drop_column('handoffs', 'topic')
    op.drop_column('handoffs', 'spoken')
    op.drop_column('handoffs', 'adviser_id')
    op.drop_column('handoff_asks', 'asked_at')
    op.drop_column('handoff_asks', 'wave')
    op.drop_column('handoff_asks', 'language')
    op.drop_index(op.f('ix_handoff_notes_handoff_id'), table_name='handoff_notes')
    op.drop_table('handoff_notes')
    op.drop_index(op.f('ix_talk_reports_about_id'), table_name='talk_reports')
    op.drop_table('talk_reports')
    op.drop_table('talk_bans')
    op.drop_index(op.f('ix_interpreter_services_helper_id'), table_name='interpreter_services')
    op.drop_table('interpreter_services')
    op.drop_table('interpreter_profiles')
    op.drop_table('interpreter_hours')
