"""The scripted doors read what they promise and name what they can't read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lotse import model
from lotse.talk import duration


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("PT24H", timedelta(hours=24)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("P2W", timedelta(weeks=2)),
        ("PT10S", timedelta(seconds=10)),
    ],
)
def test_durations_are_iso_8601(written: str, meant: timedelta) -> None:
    assert duration(written) == meant


@pytest.mark.parametrize("written", ["", "P", "PT", "24h", "P1M", "-PT1H", "tomorrow"])
def test_what_is_no_duration_is_named(written: str) -> None:
    with pytest.raises(ValueError, match="PT24H"):
        duration(written)


def test_the_models_fingerprint_follows_its_inputs(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nlu" / "data").mkdir(parents=True)
    example = tmp_path / "nlu" / "data" / "a.yml"
    example.write_text("one")
    monkeypatch.setattr(model, "ROOT", tmp_path)
    monkeypatch.setattr(model, "INPUTS", ("nlu/data",))
    before = model.fingerprint()
    assert model.fingerprint() == before
    example.write_text("two")
    assert model.fingerprint() != before
