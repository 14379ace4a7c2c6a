"""A notebook whose cells have lost the names by which they are graded, as another editor or a copy may do.

Its cells are known by their text and their place. Nothing is gained by a name: checks come from the release,
and an answer is what its code does.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from autograder import notebooks

Pairs = dict[int, int]
"""Which cell of a submission is which of the release, by their places in the notebooks."""


def is_nameless(submitted: NotebookNode, release: NotebookNode) -> bool:
    """Whether no cell has a name that the release has given, though it gives some.

    Parameters
    ----------
    submitted : NotebookNode
        As `autograder.sanitise.parse_notebook` gives it.
    release : NotebookNode
        The released notebook.
    """
    frame = notebooks.cells_by_grade_id(release)
    return bool(frame) and not any(cell.metadata.get("grade_id") in frame for cell in submitted.cells)


def find_names(submitted: NotebookNode, release: NotebookNode) -> dict[int, str]:
    """Say which cells can be told for certain.

    A cell with the text of a released one is that one, if the text is there once. An answer is known by its first
    line, if one answer and one submitted cell begin with it; or by its place, if between two known neighbours
    there are as many cells of the same types as in the release, and none of them is locked.

    Parameters
    ----------
    submitted, release : NotebookNode
        As in `is_nameless`.

    Returns
    -------
    dict of int to str
        The ``grade_id`` by the cell's place in the submission; nobody's other cells are in it.
    """
    pairs = _by_key(submitted, release, lambda cell: " ".join(cell.source.split()))
    by_line = _by_key(submitted, release, _first_line)
    answers = {i for i, cell in enumerate(release.cells) if _is_answer(cell)}
    _add(pairs, {i: j for i, j in by_line.items() if i in answers})
    for kinds in (("code", "markdown", "raw"), ("code",)):
        _add(pairs, {i: j for i, j in _by_place(submitted, release, pairs, kinds) if i in answers})
    names = {j: notebooks.grade_id(release.cells[i]) for i, j in pairs.items()}
    return {j: name for j, name in names.items() if name}


def are_all_answers(names: dict[int, str], release: NotebookNode) -> bool:
    """Whether every answer that the release asks for is among the cells that were found."""
    wanted = {notebooks.grade_id(cell) for cell in release.cells if _is_answer(cell)}
    return wanted <= set(names.values())


def _is_answer(cell: NotebookNode) -> bool:
    return bool(notebooks.grade_id(cell)) and not notebooks.is_locked(cell)


def _first_line(cell: NotebookNode) -> str:
    lines = (line.strip() for line in cell.source.splitlines()) if cell.cell_type == "code" else iter(())
    return next(filter(None, lines), "")


def _by_key(submitted: NotebookNode, release: NotebookNode, key: Callable[[NotebookNode], str]) -> Pairs:
    """The cells of which a text is there once in either notebook."""
    there = [(cell.cell_type, key(cell)) for cell in submitted.cells]
    wanted = [(cell.cell_type, key(cell)) for cell in release.cells]
    counts, released = Counter(there), Counter(wanted)
    places = {text: place for place, text in enumerate(there)}
    return {
        i: places[text]
        for i, text in enumerate(wanted)
        if text[1] and counts[text] == 1 and released[text] == 1
    }


def _by_place(
    submitted: NotebookNode, release: NotebookNode, pairs: Pairs, kinds: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    """The cells between known neighbours, where there are as many of the same types; others do not count."""
    wanted = [i for i, cell in enumerate(release.cells) if cell.cell_type in kinds]
    there = [j for j, cell in enumerate(submitted.cells) if cell.cell_type in kinds]
    known = [(i, pairs[i]) for i in wanted if i in pairs]
    ends = [(-1, -1), *known, (len(release.cells), len(submitted.cells))]
    for (before, after_it), (behind, before_it) in itertools.pairwise(ends):
        inner = [i for i in wanted if before < i < behind]
        cells = [j for j in there if after_it < j < before_it]
        if any(notebooks.is_locked(release.cells[i]) for i in inner):
            continue  # a check that is gone or changed was the landmark here
        types = [release.cells[i].cell_type for i in inner]
        if types == [submitted.cells[j].cell_type for j in cells] and not set(cells) & set(pairs.values()):
            yield from zip(inner, cells, strict=True)


def _add(pairs: Pairs, more: Pairs) -> None:
    """Add what contradicts nothing that was known before."""
    for i, j in more.items():
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
