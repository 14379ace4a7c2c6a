"""The Russian edition is complete, agrees with its English source, and is kept apart from what is graded."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import nbformat
import pytest

from autograder import colab, course, notebooks, release, sanitise
from autograder.checks.card import html, text
from autograder.checks.result import CheckResult, CriterionResult, Finding, Status
from autograder.errors import ExplainedError
from autograder.feedback import explain_missing_notebooks
from autograder.record import write_outputs
from autograder.report import CellOutcome, NotebookReport
from autograder.translation import agreement, catalogues, edition, language, segments, templates
from autograder.translation.messages import Reader, reader

ROOT = Path(__file__).parents[2]
RELEASED = sorted(path.relative_to(ROOT / "notebooks") for path in (ROOT / "notebooks").rglob("*.ipynb"))
ENGLISH = re.compile(r"(?<![\w(-])(?:the|of|is|are|an|to|at|not|has|with|from|every|each|cell|row)(?![\w(-])")


def test_every_russian_translation_is_there_and_agrees_with_its_source() -> None:
    found = catalogues.problems(ROOT, "ru")
    assert found == [], "\n".join(found)


def test_the_catalogues_are_as_the_tool_writes_them(tmp_path: Path) -> None:
    for source in catalogues.sources(ROOT):
        for path in source.paths(ROOT):
            where = source.catalogue_of(path, "ru")
            catalogue = catalogues.read(ROOT / where, "ru")
            assert catalogues.written(catalogue, where, "ru") == (ROOT / where).read_bytes(), where


class TestProblems:
    """On a course with one document."""

    @pytest.fixture
    def course(self, tmp_path: Path) -> Path:
        (tmp_path / "translations" / "ru").mkdir(parents=True)
        (tmp_path / catalogues.LIST).write_text(
            '[[sources]]\nkind = "markdown"\nfiles = ["docs/*.md"]\nedition = "docs/{language}"\n'
            'catalogue = "translations/{language}/LC_MESSAGES/{path}.po"\n',
            encoding="utf-8",
        )
        (tmp_path / "docs").mkdir()
        self.write(tmp_path, "One whole sentence.")
        catalogues.update(tmp_path, "ru")
        self.translate(tmp_path, "Одно целое предложение.")
        assert catalogues.problems(tmp_path, "ru") == []
        return tmp_path

    po = Path("translations/ru/LC_MESSAGES/docs/page.po")

    def write(self, course: Path, words: str) -> None:
        (course / "docs" / "page.md").write_text(f"# `x`\n\n{words}\n", encoding="utf-8")

    def translate(self, course: Path, words: str) -> None:
        path = course / self.po
        text = path.read_text(encoding="utf-8")
        path.write_text(
            re.sub(r'msgstr ".*"\n\Z', f'msgstr "{words}"\n', text.strip() + "\n"), encoding="utf-8"
        )

    def test_a_new_text_is_missing_and_the_old_one_stale(self, course: Path) -> None:
        self.write(course, "Something else.")
        said = catalogues.problems(course, "ru")
        assert f"{self.po}: stale, its source does not say it any more: 'One whole sentence.'." in said
        assert f"{self.po}: missing, run `autograder translations --update`: 'Something else.'." in said

    def test_a_text_without_translation_is_named_and_stays_in_english(self, course: Path) -> None:
        self.write(course, "Something else.")
        catalogues.update(course, "ru")
        assert catalogues.problems(course, "ru") == [f"{self.po}: not translated: 'Something else.'."]
        (made,) = edition.documents(course, "ru").values()
        assert "Something else." in made

    def test_a_changed_text_is_fuzzy_until_somebody_has_looked(self, course: Path) -> None:
        self.write(course, "One whole sentence!")
        catalogues.update(course, "ru")
        (said,) = catalogues.problems(course, "ru")
        assert said.startswith(f"{self.po}: fuzzy, look at the translation") and "One whole sentence!" in said

    def test_a_text_that_is_only_wrapped_otherwise_is_the_same(self, course: Path) -> None:
        self.write(course, "One whole\nsentence.")
        assert catalogues.problems(course, "ru") == []

    def test_a_catalogue_without_a_source_is_named(self, course: Path) -> None:
        (course / self.po).with_name("gone.po").write_bytes((course / self.po).read_bytes())
        assert catalogues.problems(course, "ru") == [
            f"{self.po.with_name('gone.po')}: stale, its source is gone: delete it."
        ]

    def test_updating_twice_changes_nothing(self, course: Path) -> None:
        catalogues.update(course, "ru")
        assert catalogues.update(course, "ru") == []


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        ("{what} is {came}", "{what}: это", "places missing (came)"),
        ("{what} is 0", "{what}: 0 {more}", "places too many (more)"),
        ("{n} samples", "{n} {m:объект|объекта|объектов}", "an unknown place (m)"),
        ("[{a}{b}]", "[{b}{a}]", "places that must stay side by side ({a}{b})"),
        ("{a", "{a", "braces that cannot be read"),
        ("Use `x.T`.", "Используйте `x.t`.", "code missing (`x.T`)"),
        ("Use <code>a</code>.", "Используйте <code>b</code>.", "code missing (<code>a</code>)"),
        ("So $x^2$ is it.", "Это $x^3$.", "formulas missing ($x^2$)"),
        ("See [this](https://a.b/c).", "См. [это](https://a.b/d).", "links missing (](https://a.b/c))"),
        ("An <em>old</em> one", "Старое", "tags missing (<em>, </em>)"),
        ("10,000 of 0.25", "10\u00a0000 из 0.52", "numbers missing (0.25)"),
        (" and more", "и ещё", "other spaces at the ends"),
        ("A batch", "Мини-батч", "a word that the glossary replaces by «батч»"),
    ],
)
def test_what_a_translation_must_share_with_its_source_is_named(
    source: str, translation: str, fault: str
) -> None:
    assert any(fault in found for found in agreement.faults(source, translation, is_template=True))


def test_a_translation_that_agrees_has_no_faults() -> None:
    pairs = [("10,000 of {n} at `x`", "10\u00a0000 из {n} {n:раза|раз|раз} при `x`"), ("got {x}", "{x!s}")]
    pairs.append(("[Open](https://a.b/notebooks/x.ipynb)", "[Открыть](https://a.b/notebooks-ru/x.ipynb)"))
    pairs.append(("Type `make lab` here", "Наберите здесь `make lab EDITION=ru`"))
    assert [list(agreement.faults(*pair, is_template=True)) for pair in pairs] == [[], [], [], []]


def test_the_forbidden_words_are_those_of_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for wanted in agreement.FORBIDDEN.values():
        assert wanted in glossary, wanted


@pytest.mark.parametrize("branch", ["main", "2026"])
def test_with_an_address_every_badge_opens_its_own_edition_and_nothing_is_to_be_translated(
    branch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "REPOSITORY", "https://github.com/uni/pack")
    monkeypatch.setattr(course, "BRANCH", branch)
    for folder in ("translations", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for path in RELEASED:
        notebook = notebooks.read(tmp_path / "notebooks" / path)
        notebook.cells = [cell for cell in notebook.cells if cell.id != colab.GRADE_ID]
        colab.prepare(notebook, f"notebooks/{path.as_posix()}")
        notebooks.write(notebook, tmp_path / "notebooks" / path)
    edition.write_notebooks(tmp_path, "ru")
    assert capsys.readouterr().err == "", "all texts have their translations"
    for source in catalogues.sources(ROOT):
        for path in source.paths(ROOT) if source.kind == "notebook" else ():
            assert [t for t, _ in source.texts(tmp_path / path)] == [t for t, _ in source.texts(ROOT / path)]
    for path in RELEASED:
        for folder in ("notebooks", "notebooks-ru"):
            head = notebooks.read(tmp_path / folder / path).cells[0].source
            assert f"/github/uni/pack/blob/{branch}/{folder}/{path.as_posix()})" in head
            assert head.count("colab-badge.svg") == 1


class TestSegments:
    SOURCE = (
        "## Task *one*\n\n1. An item that\n   goes on.\n2. `code` only:\n\n```python\nx = 'words stay'\n```\n\n"
        "| name | `x` |\n|---|:-:|\n| two words | `(n,)` |\n\n$$\\text{not words}$$\n\n> A quotation.\n\n"
        "<details><summary>Hint</summary>\nLook\nthere.\n</details>\n\n---\nLast   \n"
    )

    def test_segments_are_the_texts_and_nothing_else(self) -> None:
        assert [segment.text for segment in segments.segments(self.SOURCE)] == [
            "Task *one*",
            "An item that goes on.",
            "`code` only:",
            "name",
            "two words",
            "A quotation.",
            "Hint",
            "Look there.",
            "Last",
        ]

    def test_what_is_not_translated_stays_byte_for_byte(self) -> None:
        assert segments.replaced(self.SOURCE, lambda words: words) == self.SOURCE
        changed = segments.replaced(self.SOURCE, str.upper)
        assert "1. AN ITEM THAT GOES ON.\n2. `CODE` ONLY:\n\n```python\nx = 'words stay'\n```" in changed
        assert "| NAME | `x` |\n|---|:-:|\n| TWO WORDS | `(n,)` |\n\n$$\\text{not words}$$" in changed
        assert "<details><summary>HINT</summary>\nLOOK THERE.\n</details>" in changed

    def test_a_forced_line_break_is_refused(self) -> None:
        with pytest.raises(segments.SegmentError, match="write two paragraphs"):
            segments.segments("one line  \nand another")

    @pytest.mark.parametrize("path", RELEASED, ids=str)
    def test_every_text_cell_survives_being_cut_and_put_together(self, path: Path) -> None:
        for cell in notebooks.read(ROOT / "notebooks" / path).cells:
            if cell.cell_type == "markdown":
                assert segments.replaced(cell.source, lambda words: words) == cell.source


@pytest.mark.parametrize("path", RELEASED, ids=str)
class TestEdition:
    def test_it_is_what_the_catalogues_say(self, path: Path, tmp_path: Path) -> None:
        (source,) = (s for s in catalogues.sources(ROOT) if s.kind == "notebook")
        where = source.catalogue_of(Path("notebooks") / path, "ru")
        made = notebooks.read(ROOT / "notebooks" / path)
        edition.translated(made, lambda words: catalogues.translate(ROOT, where, "ru", words))
        language.mark_notebook(made, "ru")
        notebooks.write(made, tmp_path / "made.ipynb")
        committed = (ROOT / "notebooks-ru" / path).read_bytes()
        assert committed == (tmp_path / "made.ipynb").read_bytes(), "run `make release`: it is stale"

    def test_code_cells_ids_and_nbgraders_metadata_are_the_same(self, path: Path) -> None:
        english, russian = (notebooks.read(ROOT / f / path).cells for f in ("notebooks", "notebooks-ru"))
        assert len(english) == len(russian)
        for one, other in zip(english, russian, strict=True):
            if one.cell_type == "code":
                assert one == other
            else:
                other.metadata.get("nbgrader", {}).pop("checksum", None)
                one.metadata.get("nbgrader", {}).pop("checksum", None)
                assert {**one, "source": ""} == {**other, "source": ""}

    def test_no_answer_counts_as_written(self, path: Path) -> None:
        cells = notebooks.read(ROOT / "notebooks-ru" / path).cells
        assert not [cell.id for cell in cells if release.is_answered(cell)]

    def test_no_text_cell_is_left_in_english(self, path: Path) -> None:
        for cell in notebooks.read(ROOT / "notebooks-ru" / path).cells:
            if cell.cell_type == "markdown":
                words = segments.NOT_WORDS.sub(" ", re.sub(r"\$\$.*?\$\$", " ", cell.source, flags=re.DOTALL))
                assert re.search("[а-яё]", words), cell.id
                assert not ENGLISH.search(words), (cell.id, ENGLISH.search(words))

    def test_a_file_beside_it_tells_the_kernel_the_language(self, path: Path) -> None:
        folder = (ROOT / "notebooks-ru" / path).parent
        assert language.current(folder) == "ru"
        assert language.current((ROOT / "notebooks" / path).parent) == "en"


def test_the_page_for_students_is_what_the_catalogue_says() -> None:
    for path, words in edition.documents(ROOT, "ru").items():
        assert (ROOT / path).read_text(encoding="utf-8") == words, "run `autograder translations --update`"


class TestExtraction:
    def test_texts_and_f_strings_are_found_and_other_strings_are_not(self) -> None:
        source = (
            '"""A docstring."""\nLABEL = "two words"\nkind = "word"\n'
            'def f(x):\n    """Another docstring."""\n    if x == "not this one":\n        raise Wrong(got="zero")\n'
            '    return wrong(f"{x} is {len(x):.3g} too {\'very large\' if x else 0}", LABEL + ", and more")\n'
        )
        assert [text for _, text in templates.messages(source)] == [
            "two words",
            "zero",
            "{x} is {x2} too {x3}",
            "very large",
            "{label}, and more",
        ]

    def test_elsewhere_only_what_is_given_to_named_functions_counts(self) -> None:
        source = 'print("not this")\nsay("{n} of them", n=f"no {n}")\nraise Refused(f"{name} is gone {{}}")\n'
        found = [text for _, text in templates.messages(source, ["say", "Refused"])]
        assert found == ["{n} of them", "{name} is gone {{}}"]


class TestReader:
    READER = Reader(
        "ru",
        [
            ("the gradient by `W`", "градиент по `W`"),
            ("the batch size", "размер батча"),
            (
                "{what} is exactly {size} times too large, and {size} is {name}.",
                "{what}: ровно в {size} {size:раз|раза|раз} больше, а {size} — {name}.",
            ),
            ("{what} is {came}", "{what}: {came}"),
            ("a list", "список"),
            ("Print it.", "Напечатайте."),
            ("{tried} with a random d", "{tried} со случайным d"),
            (" (row 1 of {n})", " (строка 1 из {n})"),
            ("[{numbers}{more}]{rows}", "[{numbers}{more}]{rows}"),
            ("{what} = {a}", "{what} = {a}"),
            ("line {number} of {cell}: `{line}`", "строка {number}, {cell}: `{line!s}`"),
            ("cell `{answer}`", "ячейка `{answer}`"),
            ("`{name}` is not defined.", "Имя `{name}` не определено."),
            ("Softmax", "Софтмакс"),
            ("Write `[{{…}}]` here.", "Пишите здесь `[{{…}}]`."),
        ],
    )

    @pytest.mark.parametrize(
        ("english", "russian"),
        [
            ("the batch size", "размер батча"),
            (
                "The gradient by `W` is exactly 7 times too large, and 7 is the batch size.",
                "Градиент по `W`: ровно в 7 раз больше, а 7 — размер батча.",
            ),
            (
                "The gradient by `W` is exactly 23 times too large, and 23 is the batch size. Print it.",
                "Градиент по `W`: ровно в 23 раза больше, а 23 — размер батча. Напечатайте.",
            ),
            ("the gradient by `W` with a random d", "градиент по `W` со случайным d"),
            ("`x` is a list", "`x`: список"),
            ("the gradient by `W` = [1, 2, …] (row 1 of 7)", "градиент по `W` = [1, 2, …] (строка 1 из 7)"),
            (
                "The gradient by `W` is exactly 1,203 times too large, and 1,203 is the batch size.",
                "Градиент по `W`: ровно в 1\u00a0203 раза больше, а 1\u00a0203 — размер батча.",
            ),
            (
                "the gradient by `W` = [1,2, 1.5,200] (row 1 of 7)",
                "градиент по `W` = [1,2, 1.5,200] (строка 1 из 7)",
            ),
            ("line 3 of cell `relu`: `1,203`", "строка 3, ячейка `relu`: `1,203`"),
            ("line 3 of cell `relu`: `a list`", "строка 3, ячейка `relu`: `a list`"),
            ("Write `[{…}]` here.", "Пишите здесь `[{…}]`."),
            ("`Softmax` is not defined.", "Имя `Softmax` не определено."),
            ("nobody has written this", "nobody has written this"),
            ("", ""),
        ],
    )
    def test_a_text_is_translated_by_the_templates_that_explain_it(self, english: str, russian: str) -> None:
        assert self.READER.read(english) == russian

    @pytest.mark.parametrize(
        ("number", "form"), [("1", "раз"), ("3", "раза"), ("11", "раз"), ("0.5", "раза")]
    )
    def test_a_word_agrees_with_its_number(self, number: str, form: str) -> None:
        text = f"`W` is exactly {number} times too large, and {number} is the batch size."
        assert f"ровно в {number} {form} больше" in self.READER.read(text)

    def test_the_words_of_an_error_stay_as_they_are(self) -> None:
        criterion = CriterionResult("a", "A", 1, Status.ERROR, Finding(got="ValueError: `x` is a list"))
        result = CheckResult("check_a", "A", 1, (criterion,))
        assert "ValueError: `x` is a list" in text(result, "ru")

    def test_hostile_words_take_no_time_and_stay_escaped(self) -> None:
        words = ["a, b is <b>c</b>. " * 100, " is ".join("abcdefgh" * 30), "`" * 1_000 + ", = : " * 200]
        for said in words:
            finding = Finding(tried=said, got=said, expected=said, cause=said, where=said)
            criterion = CriterionResult("a", said, 1, Status.FAILED, finding)
            before = time.process_time()
            card = html(CheckResult("check_a", "A", 1, (criterion,)), "ru")
            assert time.process_time() - before < 2
            assert "<b>" not in card

    def test_english_stays_english(self) -> None:
        assert reader("en").read("the batch size") == "the batch size"


class TestLanguage:
    RESULT = CheckResult(
        "check_linear",
        "Linear layer",
        1.0,
        (CriterionResult("a", "numpy only", 1, Status.FAILED, Finding(cause="Compute `d @ self.W.T`.")),),
    )

    def test_the_environment_or_a_file_beside_the_notebook_decides(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv(language.VARIABLE, raising=False)
        assert "failed" in self.RESULT._repr_html_()
        (tmp_path / language.FILE).write_text("ru\n")
        assert "не пройдено" in self.RESULT._repr_html_()
        assert "Линейный слой: не пройдено, 0 из 1 балла" in str(self.RESULT)
        monkeypatch.setenv(language.VARIABLE, "en")
        assert "failed" in str(self.RESULT)

    @pytest.mark.parametrize("content", [b"../../etc", b"xx", b"\xff\xfe", b""])
    def test_anything_else_is_english(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / language.FILE).write_bytes(content)
        assert language.current(tmp_path) == "en"

    @pytest.mark.parametrize(
        ("said", "kept"), [("ru", "ru"), ("../x", "en"), (["ru"], "en"), ("<script>", "en"), (None, "en")]
    )
    def test_of_a_submissions_metadata_only_a_known_language_is_kept(self, said: object, kept: str) -> None:
        cell = nbformat.v4.new_markdown_cell("Слова")
        submitted = nbformat.v4.new_notebook(
            cells=[cell], metadata={"autograder": {"language": said, "more": 1}, "other": 1}
        )
        parsed = sanitise.parse_notebook(nbformat.writes(submitted).encode())
        assert language.of_notebook(parsed) == kept
        assert dict(parsed.metadata) == ({} if kept == "en" else {"autograder": {"language": "ru"}})
        repaired = sanitise.repair(parsed, nbformat.v4.new_notebook())
        assert language.of_notebook(repaired) == kept

    def test_what_the_grading_says_of_a_cell_is_in_the_language_of_the_notebook(self) -> None:
        stopped = {"output_type": "error", "ename": "Stopped", "evalue": "", "traceback": []}
        said = [
            "Not done yet: this cell needs an answer that still raises\nNotImplementedError.",
            "a\nb is c",
        ]
        cells = [nbformat.v4.new_code_cell("x", id=f"c{i}") for i in range(2)]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"autograder": {"language": "ru"}})
        outcomes = tuple(
            CellOutcome(f"c{i}", "error", 0.0, ({**stopped, "traceback": [said[i]]},)) for i in range(2)
        )
        write_outputs(notebook, NotebookReport("x", cells=outcomes))
        first, second = (cell.outputs[0].traceback for cell in notebook.cells)
        assert first[0].startswith("Ещё не сделано: этой ячейке нужен ответ")
        assert second == ["a\nb is c"], "an error of the student's stays as it is"


def test_the_page_of_a_missing_notebook_is_in_the_language_of_the_others(tmp_path: Path) -> None:
    there = tmp_path / "autograded" / "ann" / "neural_networks" / "1_backprop_numpy.ipynb"
    there.parent.mkdir(parents=True)
    pages = tmp_path / "feedback" / "ann" / "neural_networks"
    pages.mkdir(parents=True)
    for code, said in (("en", "was not handed in"), ("ru", "Ноутбук 2_cnn_cifar10.ipynb не сдан")):
        notebook = nbformat.v4.new_notebook()
        language.mark_notebook(notebook, code)
        nbformat.write(notebook, there)
        explain_missing_notebooks("neural_networks", "ann", [str(there)], feedback=tmp_path / "feedback")
        page = (pages / "2_cnn_cifar10.html").read_text(encoding="utf-8")
        assert said in page and f'<html lang="{code}">' in page


def test_a_language_that_is_not_there_is_named() -> None:
    with pytest.raises(ExplainedError, match="no edition in 'xx'; there are: en, ru"):
        edition.write_notebooks(ROOT, "xx")


@pytest.mark.parametrize("path", ["students.md", *map(str, RELEASED)])
def test_every_page_of_the_edition_that_names_the_command_opens_this_edition(path: str) -> None:
    folder = "docs/ru" if path.endswith(".md") else "notebooks-ru"
    said = (ROOT / folder / path).read_text(encoding="utf-8")
    assert "make lab`" not in said
    assert "make lab EDITION=ru" in said or path == "start.ipynb"


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize(
    ("edition", "folder"), [("", "notebooks"), ("EDITION=en", "notebooks"), ("EDITION=ru", "notebooks-ru")]
)
def test_make_lab_opens_the_edition_that_is_named(edition: str, folder: str) -> None:
    command = ["make", "--dry-run", "--old-file=.venv/.installed", "lab", *edition.split()]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"--ServerApp.root_dir={folder} " in said
