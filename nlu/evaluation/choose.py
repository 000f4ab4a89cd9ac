"""What ``nlu/config.yml`` should say, chosen on ``nlu/calibration`` and never on the tests.

Run in Rasa's environment: ``PYTHONPATH=. nlu/.venv/bin/python -m nlu.evaluation.choose``. Prints
accuracy by the share of the meaning, the temperature with the smallest calibration error, what a
threshold for "did you mean" costs, and emergencies heard against false alarms by share.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.linear_model import SGDClassifier

from nlu import check
from nlu.components.classifier import Letters, MixedIntentClassifier
from nlu.components.e5 import embed
from nlu.components.phrases import EmergencyPhrases, load_phrases
from nlu.encoder.model_file import head

SHARES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
TEMPERATURES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6)
ALARMS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def normal(scores: np.ndarray) -> np.ndarray:
    """Return log probabilities per row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def error(odds: np.ndarray, meant: np.ndarray) -> float:
    """Return the expected calibration error in ten bins."""
    sure, right = odds.max(axis=1), odds.argmax(axis=1) == meant
    bins = np.minimum((sure * 10).astype(int), 9)
    return float(
        sum(
            abs(sure[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
            for one in set(bins.tolist())
        )
    )


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the tables."""
    languages = check.contract()["launch_languages"]

    def read(folder: str) -> list[tuple[str, str]]:
        base = check.HERE / folder
        return [(i, t) for one in languages for _, i, t in check.examples(base / one)]

    examples, asked = read("data"), read("calibration")
    settings = MixedIntentClassifier.get_default_config()
    pieces, above = Letters(settings["buckets"]), head()
    model = SGDClassifier(
        loss="log_loss",
        alpha=settings["alpha"],
        max_iter=settings["epochs"],
        tol=None,
        random_state=0,
        n_jobs=2,
    ).fit(pieces.rows([text for _, text in examples]), [intent for intent, _ in examples])
    order = [above.intents.index(name) for name in model.classes_]
    meant = np.array([list(model.classes_).index(intent) for intent, _ in asked])
    texts = [text for _, text in asked]
    letters = normal(-np.logaddexp(0, -model.decision_function(pieces.rows(texts))))
    meanings = np.stack([embed(text) for text in texts]) @ above.weights + above.bias
    meaning = normal(meanings)[:, order]
    best = (0.0, 0.0)
    for share in SHARES:
        mixed = share * meaning + (1 - share) * letters
        accuracy = float((mixed.argmax(axis=1) == meant).mean())
        three = np.argsort(-mixed, axis=1)[:, :3] == meant[:, None]
        say(f"share {share}: accuracy {accuracy:.3f}, among three {three.any(axis=1).mean():.3f}")
        best = max(best, (accuracy, share))
    mixed = best[1] * meaning + (1 - best[1]) * letters
    errors = {one: error(np.exp(normal(mixed / one)), meant) for one in TEMPERATURES}
    temperature = min(errors, key=errors.__getitem__)
    say(f"share {best[1]}: " + ", ".join(f"T {k}: {v:.3f}" for k, v in errors.items()))
    odds = np.exp(normal(mixed / temperature))
    right = odds.argmax(axis=1) == meant
    for threshold in THRESHOLDS:
        sure = odds.max(axis=1) >= threshold
        say(
            f"threshold {threshold}: answers {sure.mean():.3f}, right of these "
            f"{right[sure].mean():.3f}, right ones asked {right[~sure].sum() / right.sum():.3f}"
        )
    phrases = EmergencyPhrases(load_phrases())
    found = np.array([phrases.found(text) is not None for text in texts])
    danger = list(model.classes_).index("emergency")
    is_danger, share_of = meant == danger, odds[:, danger]
    for alarm in ALARMS:
        heard = found | (share_of >= alarm)
        say(
            f"alarm from {alarm}: heard {heard[is_danger].mean():.3f}, "
            f"false {heard[~is_danger].mean():.4f}"
        )


if __name__ == "__main__":
    main()
