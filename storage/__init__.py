"""PostgreSQL: engine, session, queue, clock, embedded server and migrations."""
