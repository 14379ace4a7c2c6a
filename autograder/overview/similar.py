"""Similar answers: which pairs of a class share more of an answer than the class shares among itself.

Fingerprints are copydetect's: every run of `RUN` tokens of the code, in which names are V, F or O, texts
are S, and comments and spaces are gone. All of them are kept (a window of 1): a class is small enough, and
which ones a wider window keeps depends on the hash seed of the process. What the notebook gave, and
what many students share, is taken out before anything is compared.
"""

from __future__ import annotations

import io
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix

RUN = 25
WINDOW = 1
LONGEST = 20_000
"""Characters of an answer that are looked at."""
FEWEST_TOKENS = 100
"""Own tokens that an answer must have, and that a pair must share, to be compared: a short one looks like any other."""
COMMON_SHARE = 0.25
"""What more than this share of the class has (and more than `COMMON_STUDENTS`) is common."""
COMMON_STUDENTS = 3
LEAST = 0.6
"""Share of the smaller answer below which no pair is shown, whatever the class looks like."""
LEAST_IN_SMALL_CLASS = 0.8
PAIRS_FOR_A_SPREAD = 10
FAR_OUT = 3.0
"""Interquartile ranges above the upper quartile, beyond which Tukey calls a value far out."""


@dataclass(frozen=True)
class Match:
    """What two students share in one answer.

    Attributes
    ----------
    answer : str
        As ``notebook: grade_id``.
    left, right : float
        Share of each student's own tokens that the other has too, in [0, 1].
    tokens : int
        Own tokens that are shared.
    """

    answer: str
    left: float
    right: float
    tokens: int


@dataclass(frozen=True)
class Pair:
    """Two students with similar answers, the answers with most shared tokens first."""

    left: str
    right: str
    matches: tuple[Match, ...]

    @property
    def tokens(self) -> int:
        """Shared tokens of all matches."""
        return sum(match.tokens for match in self.matches)


@dataclass(frozen=True)
class Compared:
    """How one answer was compared.

    Attributes
    ----------
    answer : str
        As ``notebook: grade_id``.
    students : int
        Who handed in an answer of their own that is long enough.
    too_short : int
        Answers that are not: too few tokens beside the stub and what is common.
    median, upper : float
        Of the shares of all pairs: the middle, and what 99 of 100 pairs stay below.
    threshold : float
        Pairs at or above it are shown.
    shown : int
        How many these are.
    """

    answer: str
    students: int
    too_short: int
    median: float
    upper: float
    threshold: float
    shown: int


@dataclass(frozen=True)
class Similar:
    """All that was found, pairs with most shared tokens first."""

    pairs: tuple[Pair, ...]
    compared: tuple[Compared, ...]


def find_similar(answers: Mapping[str, Mapping[str, str]], given: Mapping[str, str]) -> Similar:
    """Compare the answers of a class, each with the same answer of all others.

    Parameters
    ----------
    answers : mapping
        Code by student and answer, as `autograder.overview.submitted.Texts.answers`.
    given : mapping of str to str
        What all were given, by answer: it is taken out.

    Returns
    -------
    Similar
        A reason to look, not a verdict.
    """
    matches: dict[tuple[str, str], list[Match]] = defaultdict(list)
    compared = []
    for answer in sorted({name for texts in answers.values() for name in texts}):
        texts = {student: mine[answer] for student, mine in sorted(answers.items()) if answer in mine}
        about, found = _compare(answer, texts, given.get(answer, ""))
        compared.append(about)
        for left, right, match in found:
            matches[left, right].append(match)
    pairs = [
        Pair(left, right, tuple(sorted(found, key=lambda match: -match.tokens)))
        for (left, right), found in matches.items()
    ]
    pairs.sort(key=lambda pair: (-pair.tokens, pair.left, pair.right))
    return Similar(tuple(pairs), tuple(compared))


def _compare(
    answer: str, texts: Mapping[str, str], given: str
) -> tuple[Compared, list[tuple[str, str, Match]]]:
    own = _without_common({student: _runs(text) - _runs(given) for student, text in texts.items()})
    long_enough = {student: runs for student, runs in own.items() if len(runs) >= FEWEST_TOKENS}
    students = list(long_enough)
    short = len(texts) - len(students)
    if len(students) < 2:
        return Compared(answer, len(students), short, 0.0, 0.0, 1.0, 0), []
    shared = _shared(list(long_enough.values()))
    sizes = shared.diagonal()
    first, second = np.triu_indices(len(students), k=1)
    shares = shared[first, second] / np.minimum(sizes[first], sizes[second])
    threshold = _threshold(shares)
    chosen = (shares >= threshold) & (shared[first, second] >= FEWEST_TOKENS)
    found = []
    for i, j in zip(first[chosen], second[chosen], strict=True):
        tokens = int(shared[i, j])
        match = Match(answer, tokens / float(sizes[i]), tokens / float(sizes[j]), tokens)
        found.append((students[i], students[j], match))
    median, upper = (float(value) for value in np.quantile(shares, [0.5, 0.99]))
    return Compared(answer, len(students), short, median, upper, threshold, len(found)), found


def _threshold(shares: np.ndarray) -> float:
    """Where the class's own distribution of shares ends; fixed where there are too few pairs for one."""
    if len(shares) < PAIRS_FOR_A_SPREAD:
        return LEAST_IN_SMALL_CLASS
    lower, upper = np.quantile(shares, [0.25, 0.75])
    return float(np.clip(upper + FAR_OUT * (upper - lower), LEAST, 0.99))


def _without_common(own: dict[str, frozenset[int]]) -> dict[str, frozenset[int]]:
    counts = Counter(run for runs in own.values() for run in runs)
    most = max(COMMON_STUDENTS, COMMON_SHARE * len(own))
    common = {run for run, count in counts.items() if count > most}
    return {student: runs - common for student, runs in own.items()}


def _shared(runs: list[frozenset[int]]) -> np.ndarray:
    """How many fingerprints each two have in common, shape (n, n); the diagonal holds the sizes."""
    columns = {run: column for column, run in enumerate(frozenset().union(*runs))}
    indices = [columns[run] for mine in runs for run in mine]
    starts = list(itertools.accumulate((len(mine) for mine in runs), initial=0))
    ones = np.ones(len(indices), dtype=np.int32)
    incidence = csr_matrix((ones, indices, starts), shape=(len(runs), len(columns)))
    return (incidence @ incidence.T).toarray()


@lru_cache(maxsize=4096)
def _runs(text: str) -> frozenset[int]:
    from copydetect import CodeFingerprint

    source = io.StringIO(text[:LONGEST])
    return frozenset(map(int, CodeFingerprint("answer.py", RUN, WINDOW, fp=source, language="python").hashes))


def same_lines(left: str, right: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """The lines of two answers, each with whether the other has one that differs in names and texts only."""
    ours, theirs = list(_filtered_lines(left)), list(_filtered_lines(right))
    here, there = {code for _, code in ours}, {code for _, code in theirs}
    return (
        [(line, bool(code) and code in there) for line, code in ours],
        [(line, bool(code) and code in here) for line, code in theirs],
    )


def _filtered_lines(text: str) -> Iterator[tuple[str, str]]:
    from copydetect.utils import filter_code

    for line in text[:LONGEST].splitlines():
        yield line, filter_code(line, "answer.py", "python")[0] if line.strip() else ""
