"""Alembic's entry: runs migrations on the URL that ``storage.migrate`` hands over."""

from alembic import context
from sqlalchemy import create_engine

import storage.models  # noqa: F401 - declares the tables
from storage.base import Base

# One process migrates at a time; the others wait for the same advisory lock.
LOCK = 7_356_201

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    connection.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=lambda thing, name, kind, reflected, compare: (
            not (reflected and str(name).startswith("procrastinate_"))
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    connection.exec_driver_sql(f"select pg_advisory_unlock({LOCK})")
    connection.commit()
engine.dispose()
