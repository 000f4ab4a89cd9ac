"""How rare a word is: in how many passages of its language it stands."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.entries import SEARCH_CONFIGS

_COUNT = """
insert into lexemes (language, lexeme, passages)
select '{language}', word, ndoc
from ts_stat('select words from passages where language = ''{language}''')
union all
select '{language}', '', count(*) from passages where language = '{language}'
"""


async def count_words(session: AsyncSession) -> None:
    """Count anew in how many passages each word stands, in the caller's transaction.

    Only for the languages that PostgreSQL can stem; in the others meaning alone decides.
    """
    await session.execute(text("delete from lexemes"))
    for language in SEARCH_CONFIGS:
        await session.execute(text(_COUNT.format(language=language)))
