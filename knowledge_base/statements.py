"""The statements that read the knowledge base; :mod:`knowledge_base.search` runs them."""

from __future__ import annotations

from sqlalchemy import text

from knowledge_base.entries import SEARCH_CONFIGS

# What may be an answer: here, today, to this person, not replaced by a newer entry, not fictional.
_CURRENT = """{0}.withdrawn_at is null and {0}.kind <> 'section'
    and coalesce({0}.valid_from <= :today, true) and coalesce({0}.valid_until >= :today, true)"""
_LIVE = f"""{_CURRENT.format("e")}
    and (cast(:centre as text) is null or e.centre in (:centre, 'all'))
    and coalesce(e.origin, '') <> 'demo'
    and (cast(:status as text) is null or e.statuses && array[:status, 'any'])
    and not exists (
      select from entries newer where newer.supersedes = e.id and {_CURRENT.format("newer")})"""

# An entry in the person's language, else in English, else in German, beside its original.
_TEXTS = """
cross join lateral (
  select id as text_id, language, title, body, status, translated_from, link
  from entry_texts
  where entry_id = e.id and language in (:language, 'en', 'de')
  order by language = :language desc, language = 'en' desc
  limit 1
) shown
left join entry_texts original on original.entry_id = e.id and original.language = 'de'"""

_COLUMNS = """
  e.id, e.kind, e.topic, e.centre, e.statuses, e.source_title, e.source_url, e.checked_on,
  e.volatile, e.unconfirmed, e.more_sources, e.origin,
  shown.language, shown.title, shown.body, shown.status, shown.translated_from, shown.link,
  original.title as original_title, original.body as original_body"""

_CONFIGS = ", ".join(f"('{language}', '{name}')" for language, name in SEARCH_CONFIGS.items())

# The index of vectors is read until enough passages may be shown, and the statement is planned for
# this very question: a plan for any question reads all passages and takes ten times as long.
SETTINGS = text("""
select set_config('hnsw.iterative_scan', 'relaxed_order', true),
  set_config('hnsw.ef_search', '200', true),
  set_config('plan_cache_mode', 'force_custom_plan', true)
""")

# First the passages that could answer: the nearest in meaning, those with the question's rare words
# (a name, an abbreviation), and the nearest of the topic (by topic and not by the index: + 0). Only
# these are looked at closely: which of the question's words they have, the rarer the more, and how
# alike their heading is spelled.
SEARCH = text(f"""
with asked as materialized (
  select l.language, l.lexeme, l.passages,
    ln(1 + (total - l.passages + 0.5) / (l.passages + 0.5)) as weight,
    cast(quote_literal(l.lexeme) as tsquery) as query,
    cast(quote_literal(l.lexeme) || '\\:A' as tsquery) as in_heading
  from (values {_CONFIGS}) as configs (language, config)
  cross join lateral unnest(to_tsvector(cast(config as regconfig), :question)) as word
  join lexemes l on l.language = configs.language and l.lexeme = word.lexeme
  cross join lateral (select passages as total from lexemes
                      where language = l.language and lexeme = '') all_of_them
  where configs.language in (:language, 'de', 'en')
), near as materialized (
  select p.id
  from passages p join entries e on e.id = p.entry_id
  where {_LIVE}
  order by p.embedding <#> (select cast(:vector as halfvec))
  limit :nearest
), named as materialized (
  select p.id
  from asked a join passages p on p.words @@ a.query and p.language = a.language
  join entries e on e.id = p.entry_id
  where a.passages <= :rare and {_LIVE}
), topical as materialized (
  select p.id
  from entries e join passages p on p.entry_id = e.id
  where e.topic = :topic and {_LIVE}
  order by (p.embedding <#> (select cast(:vector as halfvec))) + 0
  limit :topical
), looked_at as materialized (
  select p.id, p.entry_id, p.language,
    coalesce(-(p.embedding <#> (select cast(:vector as halfvec))), 0)
      + :spelling * greatest(word_similarity(:question, p.heading) - :floor, 0)
      + :words * coalesce((
          select sum(weight * (1 + cast(p.words @@ in_heading as int) * :heading))
          from asked where asked.language = p.language and p.words @@ query), 0) as evidence
  from passages p where id in (
    select id from near union select id from named union select id from topical)
), scored as (
  select entry_id, max(evidence) as evidence from looked_at group by entry_id
), best as (
  select entries.*, evidence,
    evidence
      + case rank when 1 then :first when 3 then :last else 0 end
      + case when topic = :topic then :topic_bonus
             when cast(:topic as text) = any(also) then :also_bonus else 0 end
      + case when centre = :centre then :own else 0 end as total
  from entries join scored on entry_id = id
  order by total desc, id
  limit :limit
)
select total, evidence, {_COLUMNS},
  (select position from passages where passages.text_id = shown.text_id
   order by embedding <#> (select cast(:vector as halfvec)), position limit 1) as passage,
  (select coalesce(max(-(embedding <#> (select cast(:vector as halfvec)))), 0)
   from off_topic) as off_topic
from best e {_TEXTS}
order by total desc, e.id
""")  # noqa: S608 - put together from constants only

BY_ID = text(f"""
select {_COLUMNS}, cast(:passage as int) as passage
from entries e {_TEXTS}
where e.id = :entry_id and {_CURRENT.format("e")}
""")  # noqa: S608 - put together from constants only

BY_TOPIC = text(f"""
select {_COLUMNS}
from entries e {_TEXTS}
where (topic = :topic or cast(:topic as text) = any(also)) and {_LIVE}
order by rank + cast(topic <> :topic as int), topic <> :topic, centre = 'all',
  e.origin is not null, checked_on desc nulls last, e.id
offset :offset limit :limit
""")  # noqa: S608 - put together from constants only
