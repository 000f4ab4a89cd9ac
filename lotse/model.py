"""The Rasa model: trained when what it is made of has changed, and only then."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from lotse.settings import ROOT, Settings
from storage.errors import LotseError

INPUTS = (
    "nlu/config.yml",
    "nlu/requirements.lock",
    "nlu/data",
    "nlu/components",
    "nlu/encoder/model_file.py",
    "nlu/encoder/tuned.npz",
    "dialogues/domain",
    "dialogues/rules",
    "dialogues/stories",
)
RASA = ROOT / "nlu" / ".venv" / "bin" / "rasa"


class TrainingFailed(LotseError):
    """Rasa could not train; ``data`` names the log."""

    code = "training_failed"


def fingerprint() -> str:
    """Return a hash over everything the model is made of."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(ROOT)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def rasa_environment(**more: str) -> dict[str, str]:
    """Return the environment Rasa runs in: quiet, no telemetry, one thread per model call."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "WARNING",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def is_current(settings: Settings) -> bool:
    """Return whether the trained model still fits its inputs."""
    stamp = settings.model.with_suffix(".fingerprint")
    return settings.model.exists() and stamp.exists() and stamp.read_text() == fingerprint()


def train(settings: Settings) -> Path:
    """Train the model and note what it was made of.

    Raises:
        TrainingFailed: Rasa ended with an error; its log is in ``var/train.log``.
    """
    made_of = fingerprint()
    log = settings.var / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(RASA),
        "train",
        "--config",
        "nlu/config.yml",
        "--domain",
        "dialogues/domain",
        "--data",
        "nlu/data",
        "dialogues/rules",
        "dialogues/stories",
        "--out",
        str(settings.model.parent),
        "--fixed-model-name",
        "lotse",
        "--skip-validation",
    ]
    with log.open("wb") as file:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=rasa_environment(OMP_NUM_THREADS=str(os.cpu_count() or 1)),
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        sys.stderr.write(log.read_text("utf-8", "replace")[-2000:])
        raise TrainingFailed(log=str(log))
    settings.model.with_suffix(".fingerprint").write_text(made_of)
    return settings.model
