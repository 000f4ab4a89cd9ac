"""Answers are read aloud where espeak-ng has the language, and silently not where it has not."""

from __future__ import annotations

import io
import stat
import wave
from pathlib import Path

import pytest

from translations import speech
from translations.languages import languages

# What espeak-ng of Debian 12 has; docs/read-aloud.md says the same.
WITH_VOICE = {"de", "en", "ar", "fa", "prs", "kmr", "tr", "uk", "ru", "fr", "am"}
TABLE = "Pty Language       Age/Gender VoiceName  File  Other Languages"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known from an earlier test."""
    monkeypatch.setattr(speech, "_voices", None)
    speech._kept.clear()


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the only programs there are, beside those of the shell."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(speech, "ESPEAK", "espeak-of-the-test")
    monkeypatch.setattr(speech, "LAME", "lame-of-the-test")
    return tmp_path


def espeak(folder: Path, speaking: str) -> None:
    voices = f'echo "{TABLE}"; echo " 5  fr-fr  --/M French roa/fr"; exit'
    script = f'if [ "$1" = --voices ]; then {voices}; fi\n{speaking}'
    program(folder, "espeak-of-the-test", script)


async def test_without_the_program_no_language_can_be_read_aloud(only: Path) -> None:
    assert not any([await speech.can_speak(one) for one in languages()])
    with pytest.raises(speech.Unspeakable):
        await speech.read_aloud("Hallo", "de")


async def test_only_languages_with_a_voice_are_offered(only: Path) -> None:
    espeak(only, "cat")
    assert [one for one in languages() if await speech.can_speak(one)] == ["fr"]
    with pytest.raises(speech.Unspeakable):
        await speech.read_aloud("Hallo", "de")


async def test_the_program_gets_the_words_and_never_a_command_line_of_them(only: Path) -> None:
    espeak(only, 'echo "$@"; cat')
    sound = await speech.read_aloud("-w /tmp/x; rm -rf\nhttps://example.org/a?b Oui & non", "fr")
    command, given = sound.content.decode().split("\n", 1)
    assert command == "-v fr -s 140 -m --stdin --stdout"
    assert given == "<speak><p>-w /tmp/x; rm -rf</p><p> Oui &amp; non</p></speak>"
    assert (sound.media_type, sound.ending) == ("audio/wav", "wav")


async def test_sound_is_made_small_where_that_is_possible(only: Path) -> None:
    espeak(only, "cat >/dev/null; echo wave")
    program(only, "lame-of-the-test", "cat; echo small")
    sound = await speech.read_aloud("Oui", "fr")
    assert (sound.content, sound.media_type, sound.ending) == (
        b"wave\nsmall\n",
        "audio/mpeg",
        "mp3",
    )


@pytest.mark.parametrize("speaking", ["cat >/dev/null; exit 3", "cat >/dev/null", "sleep 9"])
async def test_a_program_that_fails_is_silent_or_never_ends_is_an_error(
    only: Path, monkeypatch: pytest.MonkeyPatch, speaking: str
) -> None:
    monkeypatch.setattr(speech, "SECONDS", 1.0)
    espeak(only, speaking)
    with pytest.raises(speech.Unspeakable):
        await speech.read_aloud("Oui", "fr")


async def test_the_same_text_is_spoken_once(only: Path) -> None:
    espeak(only, f"cat >/dev/null; echo x >>{only}/count; cat {only}/count")
    first = await speech.read_aloud("Oui", "fr")
    assert await speech.read_aloud("Oui", "fr") is first
    assert await speech.read_aloud("Non", "fr") != first


async def test_only_the_last_few_are_kept(only: Path) -> None:
    espeak(only, "cat")
    for number in range(speech.KEPT + 5):
        await speech.read_aloud(str(number), "fr")
    assert len(speech._kept) == speech.KEPT


async def test_only_the_beginning_of_an_endless_text_is_read(only: Path) -> None:
    espeak(only, "cat")
    sound = await speech.read_aloud("x" * 10_000, "fr")
    assert sound.content.count(b"x") == speech.LONGEST_TEXT


def test_german_names_are_read_as_german_where_the_script_shows_them() -> None:
    assert speech._marked("• Ausländeramt", "de") == "<speak><p>Ausländeramt</p></speak>"
    assert speech._marked("مكتب (Amt) <ب>", "ar") == (
        '<speak><p>مكتب (<voice xml:lang="de">Amt</voice>) &lt;ب&gt;</p></speak>'
    )


@pytest.mark.usefixtures("espeak_ng")
async def test_the_installed_program_has_the_voices_we_say_it_has() -> None:
    assert {one for one in languages() if await speech.can_speak(one)} == WITH_VOICE


@pytest.mark.usefixtures("espeak_ng")
@pytest.mark.parametrize("language", sorted(WITH_VOICE))
async def test_the_installed_program_speaks(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "LAME", "no-such-program")
    sound = await speech.read_aloud("Reutlingen, 07121 123 456", language)
    with wave.open(io.BytesIO(sound.content)) as heard:
        assert heard.getnchannels() == 1
        frames = heard.readframes(heard.getframerate() * 60)
    assert len(set(frames)) > 50
    assert len(frames) / 2 / 22050 > 1.0
