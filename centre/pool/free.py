"""Who can be asked to talk to somebody at all, now."""

FREE = """
    p.blocked_at is null
    and p.id is distinct from :person
    and not exists (select from handoffs t where t.status = 'matched'
        and p.id in (t.helper_id, t.person_id, t.adviser_id))
    and not exists (select from talk_bans b where b.person_id = p.id and b.until > :now)
    and not exists (select from talk_reports t
        where (t.by_id, t.about_id) in ((p.id, :person), (:person, p.id)))
"""
"""A condition on ``people p``: they can be reached, are in no talk, are not kept from talks, and
neither has reported ``:person`` nor was reported by them."""
