"""Every module that declares tables, imported by name so that Alembic sees them all."""

from importlib import import_module

# Names, not imports: storage is the lowest layer and must not depend on what uses it.
MODULES = (
    "storage.outbox",
    "centre.people",
    "centre.appointments.calendar_tables",
    "centre.appointments.tables",
    "centre.pool.tables",
    "centre.handoffs.tables",
    "knowledge_base.entries",
    "knowledge_base.revisions",
    "knowledge_base.feedback",
    "knowledge_base.offers",
    "bot.inbox",
    "bot.telegram.budget",
    "bot.telegram.send",
    "centre.logins",
    "translations.machine.cache",
)

for module in MODULES:
    import_module(module)
