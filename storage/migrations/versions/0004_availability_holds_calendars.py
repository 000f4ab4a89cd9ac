"""availability, holds, waiting list, calendars

Revision ID: 0004
Revises: 0003
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# A manager's time is taken a buffer longer than the appointment lasts.
GUARDS = (
    ('no_overlap_per_manager', 'manager_id', 'blocked'),
    ('no_overlap_per_room', 'room_id', 'during'),
    ('no_overlap_per_interpreter', 'interpreter_id', 'during'),
)


def upgrade() -> None:
    op.create_table('rooms',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('centre', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('step_free', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rooms'))
    )
    op.create_index(op.f('ix_rooms_centre'), 'rooms', ['centre'], unique=False)
    op.create_table('absences',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('manager_id', sa.UUID(), nullable=False),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_absences_manager_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absences'))
    )
    op.create_index(op.f('ix_absences_manager_id'), 'absences', ['manager_id'], unique=False)
    op.create_table('calendar_accounts',
    sa.Column('manager_id', sa.UUID(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('caldav_url', sa.Text(), nullable=True),
    sa.Column('caldav_user', sa.Text(), nullable=True),
    sa.Column('caldav_password', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_calendar_accounts_manager_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('manager_id', name=op.f('pk_calendar_accounts'))
    )
    op.create_table('calendar_feeds',
    sa.Column('manager_id', sa.UUID(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_calendar_feeds_manager_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('manager_id', name=op.f('pk_calendar_feeds')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_calendar_feeds_secret_hash'))
    )
    op.create_table('extra_hours',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('manager_id', sa.UUID(), nullable=False),
    sa.Column('centre', sa.Text(), nullable=False),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=False),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_extra_hours_manager_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extra_hours'))
    )
    op.create_index(op.f('ix_extra_hours_manager_id'), 'extra_hours', ['manager_id'], unique=False)
    op.create_table('handover_notes',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('from_manager', sa.UUID(), nullable=True),
    sa.Column('to_manager', sa.UUID(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['from_manager'], ['people.id'], name=op.f('fk_handover_notes_from_manager_people'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_handover_notes_person_id_people'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_manager'], ['people.id'], name=op.f('fk_handover_notes_to_manager_people'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover_notes'))
    )
    op.create_index(op.f('ix_handover_notes_person_id'), 'handover_notes', ['person_id'], unique=False)
    op.create_table('manager_settings',
    sa.Column('manager_id', sa.UUID(), nullable=False),
    sa.Column('gender', sa.Text(), nullable=True),
    sa.Column('languages', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('buffer_minutes', sa.SmallInteger(), nullable=False),
    sa.Column('notice_minutes', sa.Integer(), nullable=True),
    sa.Column('horizon_days', sa.SmallInteger(), nullable=True),
    sa.Column('most_people', sa.SmallInteger(), nullable=True),
    sa.Column('municipalities', sa.ARRAY(sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_manager_settings_manager_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('manager_id', name=op.f('pk_manager_settings'))
    )
    op.create_table('appointment_asks',
    sa.Column('appointment_id', sa.BigInteger(), nullable=False),
    sa.Column('helper_id', sa.UUID(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointments.id'], name=op.f('fk_appointment_asks_appointment_id_appointments'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['helper_id'], ['people.id'], name=op.f('fk_appointment_asks_helper_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('appointment_id', 'helper_id', name=op.f('pk_appointment_asks'))
    )
    op.create_index(op.f('ix_appointment_asks_helper_id'), 'appointment_asks', ['helper_id'], unique=False)
    op.create_table('calendar_pushes',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('appointment_id', sa.BigInteger(), nullable=False),
    sa.Column('manager_id', sa.UUID(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('gone', sa.Boolean(), nullable=False),
    sa.Column('during', postgresql.TSTZRANGE(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_calendar_pushes_manager_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_pushes')),
    sa.UniqueConstraint('appointment_id', 'manager_id', 'channel', 'sequence', name=op.f('uq_calendar_pushes_appointment_id'))
    )
    op.create_table('waiting_places',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.UUID(), nullable=False),
    sa.Column('centre', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('manager_id', sa.UUID(), nullable=True),
    sa.Column('gender', sa.Text(), nullable=True),
    sa.Column('speaks', sa.Text(), nullable=True),
    sa.Column('appointment_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['appointments.id'], name=op.f('fk_waiting_places_appointment_id_appointments'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['manager_id'], ['people.id'], name=op.f('fk_waiting_places_manager_id_people'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_waiting_places_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_places'))
    )
    op.create_index(op.f('ix_waiting_places_centre'), 'waiting_places', ['centre'], unique=False)
    op.create_index(op.f('ix_waiting_places_person_id'), 'waiting_places', ['person_id'], unique=False)
    op.add_column('appointments', sa.Column('kind', sa.Text(), nullable=False, server_default='follow_up'))
    op.add_column('appointments', sa.Column('blocked', postgresql.TSTZRANGE(), nullable=True))
    op.execute('update appointments set blocked = during')
    op.alter_column('appointments', 'blocked', nullable=False)
    op.drop_constraint('no_overlap_per_manager', 'appointments')
    op.add_column('appointments', sa.Column('room_id', sa.BigInteger(), nullable=True))
    op.add_column('appointments', sa.Column('interpreter_id', sa.UUID(), nullable=True))
    op.add_column('appointments', sa.Column('interpreter_language', sa.Text(), nullable=True))
    op.add_column('appointments', sa.Column('childcare', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('appointments', sa.Column('step_free', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('appointments', sa.Column('held_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('appointments', sa.Column('hold_for', sa.Text(), nullable=True))
    op.add_column('appointments', sa.Column('moves', sa.BigInteger(), nullable=True))
    op.add_column('appointments', sa.Column('waiting_id', sa.BigInteger(), nullable=True))
    op.add_column('appointments', sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('appointments', sa.Column('coming_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('appointments', sa.Column('missed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('appointments', sa.Column('cancel_reason', sa.Text(), nullable=True))
    op.add_column('appointments', sa.Column('sequence', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('appointments', sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
    op.execute('update appointments set changed_at = coalesce(cancelled_at, created_at)')
    op.alter_column('appointments', 'changed_at', nullable=False)
    op.create_index('ix_appointments_held', 'appointments', ['held_until'], unique=False, postgresql_where=sa.text('held_until is not null'))
    op.create_index('ix_appointments_missed', 'appointments', ['person_id'], unique=False, postgresql_where=sa.text('missed_at is not null'))
    op.create_foreign_key(op.f('fk_appointments_interpreter_id_people'), 'appointments', 'people', ['interpreter_id'], ['id'], ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_appointments_waiting_id_waiting_places'), 'appointments', 'waiting_places', ['waiting_id'], ['id'], ondelete='SET NULL', use_alter=True)
    op.create_foreign_key(op.f('fk_appointments_room_id_rooms'), 'appointments', 'rooms', ['room_id'], ['id'], ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_appointments_moves_appointments'), 'appointments', 'appointments', ['moves'], ['id'], ondelete='SET NULL')
    for name, whose, when in GUARDS:
        op.create_exclude_constraint(
            name, 'appointments', (sa.column(whose), '='), (sa.column(when), '&&'),
            where=sa.text('cancelled_at is null'), using='gist',
        )
    op.add_column('people', sa.Column('municipality', sa.Text(), nullable=True))
    op.add_column('people', sa.Column('manager_id', sa.UUID(), nullable=True))
    op.create_index(op.f('ix_people_manager_id'), 'people', ['manager_id'], unique=False)
    op.create_foreign_key(op.f('fk_people_manager_id_people'), 'people', 'people', ['manager_id'], ['id'], ondelete='SET NULL')
    op.add_column('working_hours', sa.Column('centre', sa.Text(), nullable=True))
    op.execute('update working_hours w set centre = p.centre from people p where p.id = w.manager_id')
    op.execute('delete from working_hours where centre is null')
    op.alter_column('working_hours', 'centre', nullable=False)
    op.add_column('working_hours', sa.Column('valid_from', sa.Date(), nullable=True))
    op.add_column('working_hours', sa.Column('valid_until', sa.Date(), nullable=True))
    op.add_column('working_hours', sa.Column('open_consultation', sa.Boolean(), nullable=False, server_default=sa.false()))
    for table, column in (('appointments', 'kind'), ('appointments', 'sequence'), ('appointments', 'childcare'), ('appointments', 'step_free'), ('working_hours', 'open_consultation')):
        op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    op.execute('delete from appointments where held_until is not null')
    for name, _, _ in GUARDS:
        op.drop_constraint(name, 'appointments')
    op.create_exclude_constraint(
        'no_overlap_per_manager', 'appointments', (sa.column('manager_id'), '='),
        (sa.column('during'), '&&'), where=sa.text('cancelled_at is null'), using='gist',
    )
    op.drop_column('working_hours', 'open_consultation')
    op.drop_column('working_hours', 'valid_until')
    op.drop_column('working_hours', 'valid_from')
    op.drop_column('working_hours', 'centre')
    op.drop_constraint(op.f('fk_people_manager_id_people'), 'people', type_='foreignkey')
    op.drop_index(op.f('ix_people_manager_id'), table_name='people')
    op.drop_column('people', 'manager_id')
    op.drop_column('people', 'municipality')
    op.drop_constraint(op.f('fk_appointments_moves_appointments'), 'appointments', type_='foreignkey')
    op.drop_constraint(op.f('fk_appointments_room_id_rooms'), 'appointments', type_='foreignkey')
    op.drop_constraint(op.f('fk_appointments_waiting_id_waiting_places'), 'appointments', type_='foreignkey')
    op.drop_constraint(op.f('fk_appointments_interpreter_id_people'), 'appointments', type_='foreignkey')
    op.drop_index('ix_appointments_missed', table_name='appointments', postgresql_where=sa.text('missed_at is not null'))
    op.drop_index('ix_appointments_held', table_name='appointments', postgresql_where=sa.text('held_until is not null'))
    op.drop_column('appointments', 'changed_at')
    op.drop_column('appointments', 'sequence')
    op.drop_column('appointments', 'cancel_reason')
    op.drop_column('appointments', 'missed_at')
    op.drop_column('appointments', 'coming_at')
    op.drop_column('appointments', 'accepted_at')
    op.drop_column('appointments', 'waiting_id')
    op.drop_column('appointments', 'moves')
    op.drop_column('appointments', 'hold_for')
    op.drop_column('appointments', 'held_until')
    op.drop_column('appointments', 'step_free')
    op.drop_column('appointments', 'childcare')
    op.drop_column('appointments', 'interpreter_language')
    op.drop_column('appointments', 'interpreter_id')
    op.drop_column('appointments', 'room_id')
    op.drop_column('appointments', 'blocked')
    op.drop_column('appointments', 'kind')
    op.drop_index(op.f('ix_waiting_places_person_id'), table_name='waiting_places')
    op.drop_index(op.f('ix_waiting_places_centre'), table_name='waiting_places')
    op.drop_table('waiting_places')
    op.drop_table('calendar_pushes')
    op.drop_index(op.f('ix_appointment_asks_helper_id'), table_name='appointment_asks')
    op.drop_table('appointment_asks')
    op.drop_table('manager_settings')
    op.drop_index(op.f('ix_handover_notes_person_id'), table_name='handover_notes')
    op.drop_table('handover_notes')
    op.drop_index(op.f('ix_extra_hours_manager_id'), table_name='extra_hours')
    op.drop_table('extra_hours')
    op.drop_table('calendar_feeds')
    op.drop_table('calendar_accounts')
    op.drop_index(op.f('ix_absences_manager_id'), table_name='absences')
    op.drop_table('absences')
    op.drop_index(op.f('ix_rooms_centre'), table_name='rooms')
    op.drop_table('rooms')
