"""How matters are worded: complement naive Bayes over pairs of characters (Rennie et al., 2003).

Chosen over scikit-learn's linear SVM by measuring, see ADR 0015. Weights are small enough to be
kept in every process, and each one is a pair of characters that a person can be shown.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import grams

Key = tuple[str, str]

_VOCABULARY: Final = 20_000
_SMOOTHING: Final = 0.3
_HELD_OUT: Final = 8
_TEMPERATURES: Final = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5, 0.8, 1.2)
#: With this share of its pairs known a sentence is like those learned from; with this none of it is.
_FAMILIAR: Final = 0.7
_STRANGE: Final = 0.25
#: Below so many known pairs a sentence says too little to be judged by.
_LEAST_GRAMS: Final = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """How far trust goes: shares of held-out cases named first, or among three; `cases` of them."""

    cases: int
    first: float
    three: float


@dataclass(frozen=True, slots=True)
class Wording:
    """Weights (matters × pairs), how rare each pair is, and how sharply to tell matters apart."""

    matters: tuple[Key, ...]
    columns: dict[str, int]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    temperature: float
    judged: Judged

    def probabilities(self, text: str) -> NDArray[np.float64] | None:
        """Give one probability for each matter; None where too little of the text is known."""
        asked = self._vector(text)
        if asked is None:
            return None
        at, values = asked
        return _softmax(self.weights[:, at] @ values / self.temperature)

    def knows(self, text: str) -> float:
        """Give how far these words are those it learned from, 0–1; of others it knows nothing.

        A model that saw only "人行道" in a whole sentence is as sure of it as of any other.
        """
        pairs = set(grams.said(text))
        known = sum(pair in self.columns for pair in pairs)
        share = known / len(pairs) if pairs else 0.0
        # Held-out cases say how often it was right; a few of them say little.
        right = (self.judged.first * self.judged.cases + 1) / (self.judged.cases + 4)
        return float(right * min(max((share - _STRANGE) / (_FAMILIAR - _STRANGE), 0.0), 1.0))

    def telling(self, text: str, matter: int, most: int = 6) -> list[str]:
        """Give the pairs of the text that speak most for a matter, the strongest first."""
        asked = self._vector(text)
        if asked is None:
            return []
        at, values = asked
        names = {column: gram for gram, column in self.columns.items() if column in set(at)}
        shares = self.weights[matter, at] * values
        order = np.argsort(-shares)[:most]
        return [names[int(at[i])] for i in order if shares[i] > 0]

    def _vector(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        known = Counter(self.columns[gram] for gram in grams.said(text) if gram in self.columns)
        if len(known) < _LEAST_GRAMS:
            return None
        at = np.fromiter(known, dtype=np.int64)
        return at, _scaled(np.fromiter(known.values(), dtype=np.float32), self.rarity[at])

    def packed(self) -> bytes:
        """Give the model as bytes for the database."""
        head = {
            "matters": self.matters,
            "grams": sorted(self.columns, key=self.columns.__getitem__),
            "temperature": self.temperature,
            "judged": [self.judged.cases, self.judged.first, self.judged.three],
        }
        text = json.dumps(head, ensure_ascii=False).encode()
        parts = [len(text).to_bytes(4, "big"), text, self.rarity.astype("<f4").tobytes()]
        return zlib.compress(b"".join([*parts, self.weights.astype("<f2").tobytes()]), 6)


def unpacked(data: bytes) -> Wording:
    """Read what `Wording.packed` gave."""
    plain = zlib.decompress(data)
    start = 4 + int.from_bytes(plain[:4], "big")
    head = json.loads(plain[4:start])
    matters = tuple((kind, code) for kind, code in head["matters"])
    columns = {gram: column for column, gram in enumerate(head["grams"])}
    rarity = np.frombuffer(plain, "<f4", len(columns), start)
    weights = np.frombuffer(plain, "<f2", -1, start + 4 * len(columns))
    shaped = weights.astype(np.float32).reshape(len(matters), len(columns))
    return Wording(matters, columns, rarity, shaped, head["temperature"], Judged(*head["judged"]))


def learn(cases: Sequence[tuple[Key, str]]) -> Wording | None:
    """Learn from filed cases (matter, text); None where there are fewer than two matters.

    Every eighth case is first held out, to say how good the model is and how sure it may sound.
    """
    documents = [(key, Counter(grams.said(text))) for key, text in cases]
    documents = [(key, counted) for key, counted in documents if counted]
    if len({key for key, _ in documents}) < 2:
        return None
    held = documents[::_HELD_OUT]
    rest = [one for at, one in enumerate(documents) if at % _HELD_OUT]
    trial = _fit(rest, 1.0, Judged(0, 0.0, 0.0)) if len({key for key, _ in rest}) > 1 else None
    temperature, judged = _judge(trial, held) if trial else (1.0, Judged(0, 0.0, 0.0))
    return _fit(documents, temperature, judged)


def _fit(
    documents: Sequence[tuple[Key, Counter[str]]], temperature: float, judged: Judged
) -> Wording:
    matters = tuple(sorted({key for key, _ in documents}))
    row_of = {key: row for row, key in enumerate(matters)}
    seen = Counter(gram for _, counted in documents for gram in counted)
    kept = [gram for gram, times in seen.most_common(_VOCABULARY) if times > 1 or len(seen) < 2_000]
    columns = {gram: column for column, gram in enumerate(kept)}
    rarity = np.array(
        [np.log((1 + len(documents)) / (1 + seen[gram])) + 1 for gram in kept], dtype=np.float32
    )
    counts = np.zeros((len(matters), len(kept)), dtype=np.float32)
    for key, counted in documents:
        known = [(columns[gram], times) for gram, times in counted.items() if gram in columns]
        if known:
            at = np.array([column for column, _ in known])
            values = _scaled(np.array([times for _, times in known], dtype=np.float32), rarity[at])
            counts[row_of[key], at] += values
    others = counts.sum(axis=0) - counts + _SMOOTHING
    weights = -np.log(others / others.sum(axis=1, keepdims=True))
    weights -= weights.mean(axis=0)
    return Wording(matters, columns, rarity, weights.astype(np.float32), temperature, judged)


def _judge(trial: Wording, held: Iterable[tuple[Key, Counter[str]]]) -> tuple[float, Judged]:
    row_of = {key: row for row, key in enumerate(trial.matters)}
    scores, truth = [], []
    for key, counted in held:
        known = {
            trial.columns[gram]: times for gram, times in counted.items() if gram in trial.columns
        }
        if key in row_of and len(known) >= _LEAST_GRAMS:
            at = np.fromiter(known, dtype=np.int64)
            values = _scaled(np.fromiter(known.values(), dtype=np.float32), trial.rarity[at])
            scores.append(trial.weights[:, at] @ values)
            truth.append(row_of[key])
    if not scores:
        return 1.0, Judged(0, 0.0, 0.0)
    table, right = np.array(scores), np.array(truth)
    own = table[np.arange(len(right)), right]
    rank = (table > own[:, None]).sum(axis=1)
    judged = Judged(len(right), float((rank < 1).mean()), float((rank < 3).mean()))
    loss = {t: _surprise((table / t).astype(np.float32), right) for t in _TEMPERATURES}
    return min(loss, key=loss.__getitem__), judged


def _surprise(scores: NDArray[np.float32], right: NDArray[np.int64]) -> float:
    shares = np.array([_softmax(row)[at] for row, at in zip(scores, right, strict=True)])
    return float(-np.log(np.maximum(shares, 1e-9)).mean())


def _scaled(counts: NDArray[np.float32], rarity: NDArray[np.float32]) -> NDArray[np.float32]:
    values = (1 + np.log(counts)) * rarity
    scaled: NDArray[np.float32] = (values / np.linalg.norm(values)).astype(np.float32)
    return scaled


def _softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    raised = np.exp(scores.astype(np.float64) - scores.max())
    shares: NDArray[np.float64] = raised / raised.sum()
    return shares
