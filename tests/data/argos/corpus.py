"""Aligned German, English and Persian sentences of our own: what an adviser and a refugee write.

Built from templates, so that a tiny model can learn them. Numbers from 901 up stand for what is
protected from translation (links, dates, names; translations/machine/protect.py): the models learn
to copy them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

Triple = tuple[str, str, str]
LANGUAGES = ("de", "en", "fa")
SEED, HELD_OUT = 7, 0.1

THINGS = [
    ("einen Deutschkurs", "a German course", "یک کلاس آلمانی"),
    ("einen Termin", "an appointment", "یک وقت ملاقات"),
    ("eine Wohnung", "an apartment", "یک آپارتمان"),
    ("einen Arzt", "a doctor", "یک پزشک"),
    ("einen Anwalt", "a lawyer", "یک وکیل"),
    ("einen Kindergartenplatz", "a kindergarten place", "یک جای مهدکودک"),
    ("eine Arbeit", "a job", "یک کار"),
    ("einen Dolmetscher", "an interpreter", "یک مترجم"),
    ("eine Schule", "a school", "یک مدرسه"),
    ("ein Bankkonto", "a bank account", "یک حساب بانکی"),
    ("ein Formular", "a form", "یک فرم"),
    ("einen Ausweis", "an identity card", "یک کارت شناسایی"),
]
WISHES = [
    ("Ich brauche {}.", "I need {}.", "من به {} نیاز دارم."),
    ("Wir suchen {}.", "We are looking for {}.", "ما به دنبال {} هستیم."),
    ("Ich suche {}.", "I am looking for {}.", "من به دنبال {} هستم."),
    ("Wo finde ich {}?", "Where do I find {}?", "کجا {} پیدا کنم؟"),
    ("Wie bekomme ich {}?", "How do I get {}?", "چطور {} بگیرم؟"),
    ("Brauchen Sie {}?", "Do you need {}?", "آیا شما به {} نیاز دارید؟"),
    ("Suchen Sie {}?", "Are you looking for {}?", "آیا شما به دنبال {} هستید؟"),
    ("Haben Sie {} für mich?", "Do you have {} for me?", "آیا {} برای من دارید؟"),
    ("Ich habe {} für Sie.", "I have {} for you.", "من {} برای شما دارم."),
    ("Meine Schwester braucht {}.", "My sister needs {}.", "خواهر من به {} نیاز دارد."),
]
EVENTS = [
    ("der Kurs", "the course", "کلاس"),
    ("der Unterricht", "the lesson", "درس"),
    ("die Beratung", "the counselling", "مشاوره"),
    ("die Prüfung", "the exam", "امتحان"),
    ("das Treffen", "the meeting", "جلسه"),
    ("Ihr Termin", "your appointment", "وقت ملاقات شما"),
]
TIMES = [
    ("heute", "today", "امروز"),
    ("morgen", "tomorrow", "فردا"),
    ("am Montag", "on Monday", "دوشنبه"),
    ("am Freitag", "on Friday", "جمعه"),
    ("am {}", "on {}", "در {}"),
    ("um {} Uhr", "at {} o'clock", "ساعت {}"),
    ("am {} um {}", "on {} at {}", "در {} ساعت {}"),
]
ASKED = [
    ("Wann beginnt {}?", "When does {} start?", "{} کی شروع می‌شود؟"),
    ("Wo ist {}?", "Where is {}?", "{} کجاست؟"),
    ("Wie viel kostet {}?", "How much does {} cost?", "{} چقدر هزینه دارد؟"),
]
SAID = [
    ("{e} beginnt {t}.", "{e} starts {t}.", "{e} {t} شروع می‌شود."),
    ("{e} ist {t}.", "{e} is {t}.", "{e} {t} است."),
    ("{e} endet {t}.", "{e} ends {t}.", "{e} {t} تمام می‌شود."),
]
MARKED = [
    ("Schreiben Sie an {}.", "Write to {}.", "به {} بنویسید."),
    ("Rufen Sie {} an.", "Call {}.", "با {} تماس بگیرید."),
    ("Bitte rufen Sie {} an.", "Please call {}.", "لطفا با {} تماس بگیرید."),
    ("Kommen Sie zum {}.", "Come to {}.", "به {} بیایید."),
    ("Gehen Sie zum {} in {}.", "Go to {} in {}.", "به {} در {} بروید."),
    ("Mehr steht auf {}.", "There is more on {}.", "اطلاعات بیشتر در {} است."),
    ("Das kostet {} Euro.", "That costs {} euros.", "این {} یورو هزینه دارد."),
    ("Die Nummer ist {}.", "The number is {}.", "شماره {} است."),
    ("Das {} ist in {}.", "The {} is in {}.", "{} در {} است."),
    ("Sie haben {} Tage Zeit.", "You have {} days.", "شما {} روز وقت دارید."),
    ("Kommen Sie am {} um {} Uhr.", "Come on {} at {} o'clock.", "در {} ساعت {} بیایید."),
    ("Der Termin ist am {} um {} Uhr.", "The appointment is on {} at {} o'clock.",
     "وقت ملاقات در {} ساعت {} است."),
]  # fmt: skip
FIXED = [
    ("Guten Tag.", "Good day.", "روز بخیر."),
    ("Hallo.", "Hello.", "سلام."),
    ("Ja.", "Yes.", "بله."),
    ("Nein.", "No.", "نه."),
    ("Danke.", "Thank you.", "ممنون."),
    ("Danke für Ihre Hilfe.", "Thank you for your help.", "ممنون از کمک شما."),
    ("Wie kann ich Ihnen helfen?", "How can I help you?", "چطور می‌توانم به شما کمک کنم؟"),
    ("Welche Papiere brauche ich?", "Which papers do I need?", "به چه مدارکی نیاز دارم؟"),
    ("Mein Sohn geht in die Schule.", "My son goes to school.", "پسر من به مدرسه می‌رود."),
    ("Ich spreche kein Deutsch.", "I do not speak German.", "من آلمانی صحبت نمی‌کنم."),
    ("Ich habe zwei Kinder.", "I have two children.", "من دو فرزند دارم."),
    ("Der Kurs ist kostenlos.", "The course is free.", "کلاس رایگان است."),
    ("Bitte bringen Sie Ihren Ausweis mit.", "Please bring your ID.",
     "لطفا کارت شناسایی خود را بیاورید."),
    ("Bitte bringen Sie den Brief mit.", "Please bring the letter.", "لطفا نامه را بیاورید."),
    ("Ich verstehe das nicht.", "I do not understand this.", "من این را نمی‌فهمم."),
    ("Wann haben Sie Zeit?", "When do you have time?", "شما کی وقت دارید؟"),
    ("Haben Sie Fragen?", "Do you have questions?", "آیا سوالی دارید؟"),
    ("Ich komme heute.", "I am coming today.", "من امروز می‌آیم."),
    ("Ich kann heute nicht kommen.", "I cannot come today.", "من امروز نمی‌توانم بیایم."),
    ("Bitte warten Sie.", "Please wait.", "لطفا صبر کنید."),
    ("Kommen Sie bitte morgen.", "Please come tomorrow.", "لطفا فردا بیایید."),
    ("Wie heißen Sie?", "What is your name?", "نام شما چیست؟"),
]  # fmt: skip


def capital(sentence: str) -> str:
    """Return a sentence with its first letter as a capital."""
    return sentence[:1].upper() + sentence[1:]


def marked(template: Triple, chance: random.Random) -> Triple:
    """Return a template with the same marks in its places in all languages."""
    marks = chance.sample(range(901, 913), template[0].count("{}"))
    de, en, fa = (one.format(*marks) for one in template)
    return capital(de), capital(en), fa


def sentences() -> Iterator[Triple]:
    """Yield every sentence."""
    chance = random.Random(SEED)
    for _ in range(8):
        yield from FIXED
    for wish in WISHES:
        for thing in THINGS:
            yield tuple(wish[i].format(thing[i]) for i in range(3))  # type: ignore[misc]
    for question in ASKED:
        for event in EVENTS:
            de, en, fa = (question[i].format(event[i]) for i in range(3))
            yield capital(de), capital(en), fa
    for said in SAID:
        for event in EVENTS:
            for when in TIMES:
                made = tuple(said[i].format(e=event[i], t=when[i]) for i in range(3))
                for _ in range(6 if "{}" in made[0] else 1):
                    yield marked(made, chance)  # type: ignore[arg-type]
    for template in MARKED:
        for _ in range(24):
            yield marked(template, chance)


def corpus() -> tuple[list[Triple], list[Triple]]:
    """Return what is learned and what is held out; no held-out sentence is learned."""
    rows = list(sentences())
    distinct = sorted(set(rows) - set(FIXED))
    random.Random(SEED).shuffle(distinct)
    held = set(distinct[: int(len(distinct) * HELD_OUT)])
    learned = [row for row in rows if row not in held]
    random.Random(SEED).shuffle(learned)
    return learned, sorted(held)
