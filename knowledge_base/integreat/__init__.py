"""Pages from Integreat, the app in which many German counties already inform newcomers.

A *feed* is the list of a region's pages in one language, from a file or from Integreat's public
API (``/api/v3/<region>/<language>/pages/``). The German pages become entries of one centre with
origin ``integreat:<region>``; the pages of other languages become their texts.

What happens to bad input:

- A feed that cannot be read to its end (server down, cut off, no JSON, fewer pages than promised)
  or that holds no page at all: **nothing** is changed, and the message names the last page read.
- A page that is broken (no id, no title, wrong types, over :data:`pages.CONTENT_MAX` characters,
  another region's path): named with its id and what to do; the others are imported. If it was
  imported before, it stays as it was.
- A page listed twice: the one with the newest ``last_updated`` counts; named.
- A page whose parent is missing, or pages that are each other's parents: named; imported as pages
  without a parent.
- An entry id that somebody else's entry has: named; the page is left out, the entry untouched.
- A translation of a page that has no German original: named; left out.

Everything happens in one transaction. What the feed does not list any more is withdrawn (German
pages) or removed (translations), in the languages that were read and for the same region and
centre only. Entries of another origin, and the centre's own, are never touched.

A page is the same as before if its id is, or else its path: Integreat counts every saved version
of a page as a new id. Parents are found by their path, as ``parent.id`` counts something else.
"""
