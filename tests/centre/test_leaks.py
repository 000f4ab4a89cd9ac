"""In a relayed talk nobody's number, name or address gets through, and what is no secret does."""

from __future__ import annotations

import time

import pytest

from centre.handoffs.leaks import MARK, Clean, clean

NAMES = ("Erika Muster", "Li Na", "Żółta, Zoë", "أحمد مثال", "Ольга Приклад", "ሳራ ምሳሌ", "erika_m77")
HOSTS = ("amt.example", "www.beratung.example", "t.me", "facebook.com")

NUMBERS = [
    "0176 0000 1234",
    "017600001234",
    "+49 176 0000 1234",
    "+49(0)17600001234",
    "(+49) 176 / 0000-1234",
    "0049 176 0000 1234",
    "0176 / 00 00 12 34",
    "0176.00.00.12.34",
    "0176,0000,1234",
    "0176\n0000\n1234",
    "0 1 7 6 - 0 0 0 0 1 2 3 4",
    "030 23125 000",
    "(030) 23125-000",
    "30 23125000",
    "+963 944 000 123",
    "٠١٧٦ ٠٠٠٠ ١٢٣٤",
    "۰۱۷۶۰۰۰۰۱۲۳۴",
    "०१७६ ०००० १२३४",
    "０１７６００００１２３４",
    "0️⃣1️⃣7️⃣6️⃣0️⃣0️⃣0️⃣0️⃣1️⃣2️⃣3️⃣4️⃣",
    "0\u200b1\u200c7\u200d6\u2060 0\u00ad000 12\ufeff34",
    "\u202a0176 0000 1234",
]
PERSONAL_NUMBERS = [
    "DE89 3704 0044 0532 0130 00",
    "DE89370400440532013000",
    "NL91 ABNA 0417 1643 00",
    "12/345/67890",
    "123456789012",
    "7 123 456 - 475",
]
ADDRESSES = [
    "erika.beispiel@example.org",
    "beispiel @ example.org",
    "beispiel (at) example.org",
    "beispiel[at]example[dot]org",
    "beispiel (at) example (punkt) org",
    "beispiel at example dot org",
    "ＢＥＩＳＰＩＥＬ＠example.org",
    "@beispiel_99",
    "@\u200bbeispiel",
]
LINKS = [
    "https://example.com/path?x=1",
    "http://example.com",
    "HTTPS://EXAMPLE.COM",
    "www.example.museum",
    "example.com/path",
    "example.org",
    "exam\u200bple.org",
    "t.me/beispiel",
    "https://t.me/+AbCdEf",
    "telegram.me/beispiel",
    "wa.me/4917600001234",
    "tg://resolve?domain=beispiel",
    "https://www.facebook.com/beispiel",
    "https://amt.example@example.com/",
    "https://amt.example.evil.example",
    "https://notamt.example",
    "https://ämt.example",
    "https://amt.example/weiter?zu=https://t.me/beispiel",
    "ftp://amt.example/beispiel",
]
CALLED = [
    "Erika Muster",
    "ERIKA",
    "erika",
    "Èrika",
    "E\u200brika",
    "Muster, Erika",
    "Erika_Muster",
    "Erikas",
    "Li Na",
    "ZOE",
    "Zółta",
    "أحمد",
    "احمد",
    "أَحْمَد",
    "أحـــمد",
    "لأحمد",
    "ولأحمد",
    "أحمد مثال",
    "Ольга",
    "ОЛЬГА ПРИКЛАД",
    "ሳራ",
    "የሳራ",
    "ሳራ ምሳሌ",
    "erika_m77",
]
HARMLESS = [
    "30.11.2026",
    "30. 11. 2026",
    "2026-11-30",
    "30/11/2026",
    "٣٠/١١/٢٠٢٦",
    "۱۴۰۵/۰۹/۰۹",
    "05 12 2026",
    "1.12.-5.12.2026",
    "01.12.2026 – 05.12.2026",
    "01.12. 10-12 Uhr",
    "30.11.2026 14:00",
    "14:00 30.11.2026",
    "08:00-12:00 14:00-16:00",
    "08.00 - 12.30 Uhr",
    "1.250,00 €",
    "1.250.000 €",
    "0,50 € 12,30 € 450 € 1200 EUR",
    "2000-2500 €",
    "§ 24",
    "§§ 53, 54, 55a Abs. 2",
    "72764 Reutlingen",
    "Hauptstr. 30 72764 Reutlingen",
    "Hauptstr. 12/1, 01067 Dresden",
    "112",
    "110, 112, 115",
    "116117",
    "116 117 / 112",
    "0800 1110111",
    "0800 111 0 111",
    "08000 116 016",
    "+49 800 1110111",
    "Az. 123456",
    "2025/2026",
    "2024 2025",
    "Raum 3.14, 2. OG",
    "C1/B2, 12 x 500 ml",
]
WORDS = [
    "z.B. am 12.30 usw.und Str.Nr 5",
    "Bitte kommen.so geht das.In Ordnung",
    "antrag.pdf und foto.jpg, bescheid.docx",
    "Mustermann, Musterung, Erikson",
    "Li und Na",
    "والد مريض",
    "Ольгино и Прикладной",
    "Ja: @ 10 Uhr",
    "Signal: rot",
    "می‌روم به اداره",
    "Erste Zeile\n\n- zweite\tZeile  ",
    "👩🏽‍⚕️ 3️⃣ Kinder",
]
OFFICE_LINKS = [
    "https://amt.example",
    "https://www.amt.example/DE/termin?id=600012345#oben",
    "http://formular.amt.example/2026/11/30/BJNR195010004.html",
    "amt.example",
    "www.beratung.example/erika-muster-strasse",
    "https://beratung.example:443/",
]
HOSTILE = [
    "0", "1", "@", ".", " ", "a", "a.", "a@", "0 ", "0-", "+", "+0", "(", "(at)", "-", "_", "\n",
    "x.de/", "http://", "https://amt.example/0", "1.1.", "08:00-", "0800 1", "1234567 ", "de89 ",
    "a1 ", "telegram:", "erika ", "\u064b", "\u200b", "ﷺ", "٠", "1 at a dot ",
]  # fmt: skip


@pytest.mark.parametrize("leak", [*NUMBERS, *PERSONAL_NUMBERS, *ADDRESSES, *LINKS, *CALLED])
def test_what_leads_to_a_person_is_taken_out_of_any_sentence(leak: str) -> None:
    for before, after in [("", ""), ("Das ist ", " ."), ("مرحبا ", "\nشكرا"), ("(", ")")]:
        cleaned = clean(before + leak + after, NAMES, HOSTS)
        assert cleaned.text.replace("\u202a", "") == before + MARK + after
        assert cleaned.removed == 1


@pytest.mark.parametrize("text", [*HARMLESS, *WORDS, *OFFICE_LINKS])
def test_what_is_no_secret_passes_as_it_was_written(text: str) -> None:
    for written in (text, f"Also: {text}, ja.", f"نعم، {text}\nلا"):
        assert clean(written, NAMES, HOSTS) == Clean(written, 0)


@pytest.mark.parametrize("name", ["Telegram", "WhatsApp", "Insta", "Телеграм", "واتساب", "تلگرام"])
def test_what_somebody_is_called_in_a_network_goes(name: str) -> None:
    assert clean(f"{name}: beispiel.99, ja").text == f"{name}: {MARK}, ja"


def test_what_is_beside_each_other_is_marked_once_and_otherwise_each() -> None:
    text = "Erika Muster, 0176 0000 1234 und erika@example.org"
    assert clean(text, NAMES) == Clean(f"{MARK} und {MARK}", 2)
    assert clean("0176 0000 1234\n\n@beispiel").text == f"{MARK}\n\n{MARK}"


def test_everything_around_stays_as_it_was_in_right_to_left_text_too() -> None:
    text = "\u200fاتصل بي على ٠١٧٦ ٠٠٠٠ ١٢٣٤ من فضلك،\n\u2067می‌خواهم\u2069 کمک"
    assert clean(text).text == text.replace("٠١٧٦ ٠٠٠٠ ١٢٣٤", MARK)


def test_a_link_to_an_office_carries_no_number_out() -> None:
    link = "https://amt.example/017600001234"
    assert clean(link, NAMES, HOSTS).text == f"https://amt.example/{MARK}"


def test_a_link_to_nobody_known_goes_when_no_host_is_known() -> None:
    assert clean("https://amt.example").text == MARK


def test_words_that_are_names_too_stay_when_they_stand_alone() -> None:
    names = ("Nur von der Beispiel", "August Bin", "Can", "", "  ", ".", "A", "2026")
    text = "Ich bin nur im August 2026 da, a. von der Can"
    assert clean(text, names).text == text
    assert clean("Nur von der Beispiel", names).text == MARK


@pytest.mark.parametrize("sign", HOSTILE)
def test_the_longest_message_is_read_in_no_time_whatever_it_is_made_of(sign: str) -> None:
    text = (sign * 4096)[:4096]
    began = time.process_time()
    clean(text, NAMES, HOSTS)
    assert time.process_time() - began < 0.5
