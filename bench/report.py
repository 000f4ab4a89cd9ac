"""The results as a table, and its place in the documentation."""

from __future__ import annotations

from typing import Any

from bench.load import PATIENCE
from lotse.settings import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench:start -->", "<!-- bench:end -->"
MIB_PER_GIB = 1024


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    lotse, stock = results["lotse"], results["stock"]
    rate = f"{results['rate']:.0f}"
    rows = [
        ("", "Lotse", "stock Rasa", "aim for Lotse"),
        ("---", "--:", "--:", "---"),
    ]
    aims = {"question": "p95 < 120 ms"}
    for name, title in (
        ("question", f"typed question, {rate} messages/s: p50 / p95"),
        ("tap", f"button tap, {rate} messages/s: p50 / p95"),
        ("booking", f"whole booking, {rate} messages/s: p50 / p95 of the waiting"),
        ("question_polling", f"typed question, {rate} messages/s, polling: p50 / p95"),
    ):
        cells = (_latency(lotse.get(name)), _latency(stock.get(name)))
        rows.append((title, *cells, aims.get(name, "")))
    rows.append(
        _rates("questions answered, flat out", "questions_flat_out", lotse, stock, "30/s sustained")
    )
    rows.append(_rates("updates handled, sending aside", "handled_flat_out", lotse, stock, ""))
    rows.append(
        _rates(
            f"bookings, {results['people']} people at once",
            "bookings_at_once",
            lotse,
            stock,
            "3 × stock Rasa",
        )
    )
    rows.append(("memory (PSS) of all processes", _memory(lotse), _memory(stock), "< 2 GiB"))
    rows.append(
        (
            "start, everything prepared",
            _seconds(lotse.get("second_start_s")),
            _seconds(stock.get("start_s")) + " (Rasa and action server only)",
            "< 25 s",
        )
    )
    for name, title in (("question", "question"), ("tap", "tap"), ("booking", "booking")):
        cells = (_cpu(lotse.get(name)), _cpu(stock.get(name)))
        rows.append((f"processor time of a {title}", *cells, ""))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", *_notes(results)])


def _latency(phase: dict[str, Any] | None) -> str:
    if not phase:
        return "–"
    if phase["p50_ms"] is None:
        return "no answer"
    text = f"{phase['p50_ms']:,.0f} / {phase['p95_ms']:,.0f} ms"
    if phase["unanswered"]:
        total = phase["unanswered"] + phase["count"]
        text += f" ({phase['unanswered']} of {total} unanswered after {PATIENCE:.0f} s)"
    return text


def _rates(
    title: str, name: str, lotse: dict[str, Any], stock: dict[str, Any], aim: str
) -> tuple[str, str, str, str]:
    cells = []
    for one in (lotse, stock):
        phase = one.get(name)
        cells.append(f"{phase['per_second']:.1f}/s" if phase else "–")
    return (title, cells[0], cells[1], aim)


def _memory(one: dict[str, Any]) -> str:
    found = one.get("memory_mib")
    return f"{found['total'] / MIB_PER_GIB:.2f} GiB" if found else "–"


def _cpu(phase: dict[str, Any] | None) -> str:
    if not phase or not phase["count"]:
        return "–"
    spent = {kind: one for kind, one in phase["cpu_ms_each"].items() if kind != "bench"}
    parts = ", ".join(f"{kind} {one:.0f}" for kind, one in spent.items() if one >= 1)
    return f"{sum(spent.values()):.0f} ms ({parts})"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} s"


def _notes(results: dict[str, Any]) -> list[str]:
    about = results["machine"]
    notes = [
        f"Measured {results['date']} with `{results['command']}` on {about['cores']} cores "
        f"({about['cpu']}), {about['memory_gib']} GiB, {about['system']}, Python "
        f"{about['python']}. Everything ran on this machine: both systems one after the other, "
        "their PostgreSQL, the emulated Telegram and the simulated people. Load average "
        f"{results['load_before'][0]} before and {results['load_after'][0]} after.",
        "",
        f"{results['people']} people; a time runs from the emulated Telegram having the update "
        "until it has the answer. Lotse spoke all its languages and searched its knowledge base; "
        "stock Rasa spoke German and English and answered with fixed texts. A booking is eight "
        "taps with Lotse (it also asks what kind, with whom and what is needed), five with stock "
        "Rasa. Lotse keeps to Telegram's 30 messages a second, and a booking takes nine of them "
        "(one goes to the manager), so that three bookings a second are its most; stock Rasa "
        "keeps to no limit. Stock Rasa checks and then inserts, Lotse's database excludes a "
        "second booking.",
    ]
    share = _others(results)
    if share >= 0.1:
        notes += [
            "",
            f"Other programs took up to {share:.1f} cores of the machine meanwhile, so these "
            "numbers are worse than on an idle one.",
        ]
    for name, title in (("lotse", "Lotse"), ("stock", "Stock Rasa")):
        if "failed" in results[name]:
            notes += ["", f"{title} was not measured to the end: {results[name]['failed']}"]
    if results["lotse"].get("model_fits_its_inputs") is False:
        notes += ["", "The model was older than its training data."]
    return notes


def _others(results: dict[str, Any]) -> float:
    phases = [
        phase
        for name in ("lotse", "stock")
        for phase in results[name].values()
        if isinstance(phase, dict) and "cpu_of_others" in phase
    ]
    return max((phase["cpu_of_others"] for phase in phases), default=0.0)


def write(markdown: str) -> None:
    """Put the table between the markers of ``docs/performance.md``.

    Raises:
        ValueError: the document has no markers.
    """
    text = (
        DOCUMENT.read_text("utf-8") if DOCUMENT.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    )
    if BEGIN not in text or END not in text:
        raise ValueError(f"{DOCUMENT} has no {BEGIN} … {END}")
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(f"{head}{BEGIN}\n{markdown}\n{END}{tail}", "utf-8")
