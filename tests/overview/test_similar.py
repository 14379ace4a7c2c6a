"""Similar answers: copies are found under other names and spaces, and common or short ones accuse nobody."""

from __future__ import annotations

import random
from pathlib import Path

import nbformat
import pytest

from autograder import notebooks
from autograder.assignments import ASSIGNMENTS, Assignment
from autograder.overview.similar import FEWEST_TOKENS, Similar, find_similar, same_lines
from autograder.overview.submitted import read_texts, stubs
from tests.overview.synthetic import ROOT, disguise, own_code

ANSWER = "1_toy: solve"


def compare(texts: dict[str, str], given: str = "") -> Similar:
    return find_similar({student: {ANSWER: text} for student, text in texts.items()}, {ANSWER: given})


def found(similar: Similar) -> set[tuple[str, str]]:
    return {(pair.left, pair.right) for pair in similar.pairs}


@pytest.fixture(scope="module")
def own() -> dict[str, str]:
    """A class of twelve who all wrote their own."""
    rng = random.Random(7)
    return {f"s{number:02d}": own_code(rng) for number in range(12)}


def test_a_class_that_wrote_its_own_has_no_pairs(own: dict[str, str]) -> None:
    similar = compare(own)
    assert found(similar) == set()
    assert similar.compared[0].students == 12
    assert similar.compared[0].too_short == 0


def test_a_copy_under_other_names_comments_and_spaces_is_found_alone(own: dict[str, str]) -> None:
    similar = compare({**own, "thief": disguise(own["s03"])})
    assert found(similar) == {("s03", "thief")}
    (match,) = similar.pairs[0].matches
    assert match.left > 0.9 and match.right > 0.9
    assert match.tokens >= FEWEST_TOKENS


def test_a_copy_with_its_functions_in_another_order_is_found(own: dict[str, str]) -> None:
    lines = own["s05"].split("\n")
    half = len(lines) // 2
    turned = "\n".join([lines[0], *lines[half:-1], *lines[1:half], lines[-1]])
    similar = compare({**own, "thief": turned})
    assert found(similar) == {("s05", "thief")}


def test_half_a_copy_inside_a_longer_answer_is_told_by_both_shares(own: dict[str, str]) -> None:
    both = own["s01"] + "\n\n" + own_code(random.Random(99)).replace("solve", "other")
    similar = compare({**own, "thief": both})
    (match,) = similar.pairs[0].matches
    assert found(similar) == {("s01", "thief")}
    assert match.left > 0.9 and match.right < 0.7


def test_an_answer_that_most_of_the_class_has_accuses_nobody(own: dict[str, str]) -> None:
    common = own_code(random.Random(42))
    texts = {**own, **{f"same{number}": common for number in range(8)}}
    similar = compare(texts)
    assert found(similar) == set()
    assert similar.compared[0].too_short == 8


def test_a_short_answer_accuses_nobody(own: dict[str, str]) -> None:
    short = "def relu(x):\n    return x * (x > 0)"
    similar = compare({"ada": short, "bob": short, "cyd": short.replace("x", "z")})
    assert found(similar) == set()
    assert similar.compared[0].too_short == 3


def test_what_the_notebook_gave_counts_for_nothing(own: dict[str, str]) -> None:
    given = "\n".join(own_code(random.Random(seed)) for seed in range(50, 55))
    texts = {student: given + "\n" + text for student, text in list(own.items())[:3]}
    assert found(compare(texts)) != set()
    assert found(compare(texts, given)) == set()


def test_the_threshold_rises_with_what_the_class_shares() -> None:
    """Where all pairs share much, a pair has to share far more to be listed."""
    rng = random.Random(11)
    parts = [own_code(rng).split("\n")[3:9] for _ in range(12)]
    texts = {}
    for number in range(9):
        chosen = rng.sample(range(12), 7)
        texts[f"s{number}"] = "\n".join(line for part in chosen for line in parts[part])
    (about,) = compare(texts).compared
    (apart,) = compare({f"s{n}": own_code(random.Random(n)) for n in range(9)}).compared
    assert about.median > apart.median
    assert about.threshold >= apart.threshold


def test_two_students_are_compared_with_a_fixed_threshold(own: dict[str, str]) -> None:
    similar = compare({"ada": own["s00"], "bob": disguise(own["s00"])})
    assert found(similar) == {("ada", "bob")}
    assert similar.compared[0].threshold == 0.8


def test_nothing_breaks_on_code_that_is_none() -> None:
    noise = "".join(chr(c) for c in random.Random(0).choices(range(1, 0x2FF), k=3000))
    similar = compare({"ada": noise, "bob": noise, "cyd": "", "dan": '"""' * 400, "eve": "(" * 5000})
    assert ("ada", "bob") in found(similar)


def test_lines_are_marked_where_both_have_them_but_for_names() -> None:
    left, right = same_lines("a = b + 1\nreturn a\n\n# one", "total = size + 1\nprint('x')\n\n# two")
    assert left == [("a = b + 1", True), ("return a", False), ("", False), ("# one", False)]
    assert [same for _, same in right] == [True, False, False, False]


class TestTexts:
    """What is read of a submission."""

    ASSIGNMENT = Assignment("neural_networks", ("1_backprop_numpy",), ())

    def release(self) -> dict[str, notebooks.NotebookNode]:
        path = ROOT / "notebooks" / "neural_networks" / "1_backprop_numpy.ipynb"
        return {"1_backprop_numpy": notebooks.read(path)}

    def hand_in(self, folder: Path, **changes: str | None) -> Path:
        notebook = self.release()["1_backprop_numpy"]
        notebook.cells = [
            cell for cell in notebook.cells if changes.get(notebooks.grade_id(cell), "kept") is not None
        ]
        for cell in notebook.cells:
            cell.source = changes.get(notebooks.grade_id(cell)) or cell.source
        nbformat.write(notebook, folder / "1_backprop_numpy.ipynb")
        return folder

    def test_the_release_itself_has_no_answers_and_no_changes(self, tmp_path: Path) -> None:
        texts = read_texts(self.hand_in(tmp_path), self.ASSIGNMENT, self.release())
        assert (texts.answers, texts.changed) == ({}, ())

    def test_an_answer_is_read_and_other_spaces_in_a_locked_cell_are_no_change(self, tmp_path: Path) -> None:
        check = notebooks.cells_by_grade_id(self.release()["1_backprop_numpy"])["check_linear"].source
        folder = self.hand_in(tmp_path, linear="class Linear: pass", check_linear=check + "\n\n")
        texts = read_texts(folder, self.ASSIGNMENT, self.release())
        assert texts.answers == {"1_backprop_numpy: linear": "class Linear: pass"}
        assert texts.changed == ()

    def test_locked_cells_that_were_changed_or_deleted_are_named(self, tmp_path: Path) -> None:
        folder = self.hand_in(tmp_path, check_linear="check.linear(Fake)", check_relu=None)
        texts = read_texts(folder, self.ASSIGNMENT, self.release())
        assert texts.changed == (
            "1_backprop_numpy: check_linear",
            "1_backprop_numpy: check_relu (deleted)",
        )

    @pytest.mark.parametrize(("without", "answers"), [(None, 1), ("relu", 0)])
    def test_answers_whose_cells_have_lost_their_names_are_read_as_grading_reads_them(
        self, tmp_path: Path, without: str | None, answers: int
    ) -> None:
        folder = self.hand_in(tmp_path, linear="class Linear: pass", **({without: None} if without else {}))
        notebook = notebooks.read(folder / "1_backprop_numpy.ipynb")
        for cell in notebook.cells:
            cell.metadata = nbformat.from_dict({})
        nbformat.write(notebook, folder / "1_backprop_numpy.ipynb")
        texts = read_texts(folder, self.ASSIGNMENT, self.release())
        assert len(texts.answers) == answers
        assert texts.changed == ()

    def test_a_notebook_that_cannot_be_read_has_no_texts(self, tmp_path: Path) -> None:
        (tmp_path / "1_backprop_numpy.ipynb").write_text("{", encoding="utf-8")
        texts = read_texts(tmp_path, self.ASSIGNMENT, self.release())
        assert (texts.answers, texts.changed) == ({}, ())

    def test_all_code_of_the_release_is_given(self) -> None:
        given = stubs(self.ASSIGNMENT, self.release())
        assert "raise NotImplementedError" in given["1_backprop_numpy: linear"]
        assert "check.linear(Linear)" in given["1_backprop_numpy: linear"]
        assert set(given) == {
            f"1_backprop_numpy: {name}"
            for name in ("linear", "relu", "softmax", "cross_entropy", "mlp_classifier", "moons", "blobs")
        }

    def test_solutions_of_our_own_are_long_enough_to_be_compared_where_it_makes_sense(self) -> None:
        """Short ones, like ReLU, are left out; a class, like the network, is not."""
        path = ROOT / "solutions" / "neural_networks" / "1_backprop_numpy.ipynb"
        cells = notebooks.cells_by_grade_id(notebooks.read(path))
        own = {f"1_backprop_numpy: {name}": cells[name].source for name in ("relu", "mlp_classifier")}
        given = stubs(ASSIGNMENTS["neural_networks"], {**self.release(), **self.cnn()})
        similar = find_similar({"ada": own, "bob": own}, given)
        assert [match.answer for match in similar.pairs[0].matches] == ["1_backprop_numpy: mlp_classifier"]

    def cnn(self) -> dict[str, notebooks.NotebookNode]:
        path = ROOT / "notebooks" / "neural_networks" / "2_cnn_cifar10.ipynb"
        return {"2_cnn_cifar10": notebooks.read(path)}
