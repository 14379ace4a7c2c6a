"""What stock nbgrader leaves out of the feedback."""

from __future__ import annotations

from html import escape
from pathlib import Path

from autograder import notebooks as files
from autograder.assignments import ASSIGNMENTS
from autograder.translation import language
from autograder.translation.messages import message, reader

PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{name}</title></head>
<body style="font-family:sans-serif;max-width:46em;margin:2em auto">
<h1>{name}</h1>
<p>{said}</p>
</body></html>
"""

MISSING = message(
    "The notebook {name} was not handed in, so its checks earn 0 points. The other notebooks of "
    "this assignment were graded. Hand it in under exactly this name."
)


def explain_missing_notebooks(assignment: str, student: str, notebooks: list[str], *, feedback: Path) -> None:
    """Write a feedback page for every notebook of the assignment that a student did not hand in.

    A hook for ``GenerateFeedback.post_convert_hook``.

    Parameters
    ----------
    assignment, student, notebooks
        What nbgrader passes. The student may be a pattern; the paths of the autograded notebooks,
        ``…/<student>/<assignment>/<notebook>.ipynb``, say whose pages these are.
    feedback : pathlib.Path
        nbgrader's feedback directory.
    """
    known = ASSIGNMENTS.get(assignment)
    if known is None or not notebooks:
        return
    there = {Path(name).stem for name in notebooks}
    pages = feedback / Path(notebooks[0]).parent.parent.name / assignment
    say = reader(language.of_notebook(files.read(Path(notebooks[0]))))
    for name in known.notebooks:
        if name not in there:
            said = escape(say(MISSING, name=f"{name}.ipynb"))
            page = PAGE.format(name=name, language=say.language, said=said)
            (pages / f"{name}.html").write_text(page, encoding="utf-8")
