"""Attacks that only a grader like this one invites: on the wire, on the far end, on the reader of replies."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.examiner import CELL_OUTPUT, NOTEBOOK_OUTPUT, checks_of
from autograder.probes.respond import respond
from autograder.sandbox import walls
from autograder.sandbox.inside import shell
from tests.redteam.arena import MIB, ZERO, Arena, Attack, printed

FAR = "import os, numpy as np\nimport autograder.sandbox.inside.far_end as far_end\nfrom autograder.sandbox.inside.wire import encode\n"
WRITE = FAR + (
    "def send(message, content=None):\n    frame = encode(message) if content is None else content\n    while frame: frame = frame[os.write(3, frame[:65536]):]\n"
)
OK = "{'outputs': [], 'status': 'ok', 'seconds': 0.0}"
PLAIN = "{'type': 'ndarray', 'data': np.zeros((7, 3))}"
# Right in form and zero in substance: every question that the two checks put, answered before it comes.
AHEAD = WRITE + f"""
def array(*shape): return {{'type': 'ndarray', 'data': np.zeros(shape), 'dtype': 'float64'}}
def many(k, *shape): return {{'type': 'list', 'data': [array(*shape) for _ in range(k)]}}
def answered(**values): send({{'status': 'answered', 'answer': values}})
for _ in range(2): send({OK})
send({{'status': 'there'}})
answered(modules={{'type': 'list', 'data': []}})
answered(W=many(3, 5, 3), b=many(3, 3))
for _ in range(4):
    answered(y=many(1, 7, 3))
    answered(y=array(7, 3), dx=array(7, 5), W=array(5, 3), b=array(3), W_before=array(5, 3), b_before=array(3), x_after=array(7, 5), d_after=array(7, 3))
"""  # fmt: skip


def reply(expression: str, ahead: str = "") -> str:
    """A cell after which every question but the first, about modules, is answered by one expression."""
    answer = (
        f"lambda shell, message: ask(shell, message) if message['function'] == 'modules' else {expression}"
    )
    return f"{FAR}{ahead}\nask = far_end._answer\nfar_end._answer = {answer}"


def cell_reply(expression: str, ahead: str = "") -> str:
    """A cell after which the reply about every cell is one expression."""
    return f"{FAR}{ahead}\nfar_end.run_cell = lambda shell, source, seconds, asserts: {expression}"


LOST = ("ok", "error", "malformed", "timed_out", "out_of_memory")
FRAMES = [
    Attack("own", "forged answers ahead of the questions", "a later question reads a forged answer", cell=AHEAD, ends=LOST),
    Attack("own", "replies one step behind", "the answer to a harmless question is read for a hard one", cell=WRITE + f"send({OK})", ends=LOST),
    Attack("own", "replies three steps ahead", "a verdict before the question", cell=WRITE + f"for _ in range(3): send({OK})", ends=LOST),
    Attack("own", "a forged full result", "a reader that takes points from the reply",
        cell=reply("{'status': 'passed', 'answer': {}, 'points': 1.0, 'passed': True, 'criteria': []}")),
    Attack("own", "a forged status of a criterion", "a reader that takes the status from the reply", cell=reply("{'status': 'answered', 'answer': {'passed': True, 'status': 'passed'}}")),
    Attack("own", "questions stolen from the wire", "the student's thread answers in the far end's place",
        cell=WRITE + "import threading\ndef steal():\n    while True:\n        os.read(3, 65536)\n        send({'status': 'answered', 'answer': {}})\nthreading.Thread(target=steal, daemon=True).start()", ends=LOST),
    Attack("own", "garbage on every descriptor", "whoever reads one of them stumbles",
        cell="import os\nfor n in range(64):\n    try: os.write(n, b'\\xff' * 64)\n    except OSError: pass", ends=LOST),
    Attack("own", "half a frame, then silence", "the reader waits for ever", cell=WRITE + "import time\nsend(None, b'\\x00\\x00\\x10\\x00\\x00\\x00\\x00\\x00{')\ntime.sleep(60)", ends=LOST),
    Attack("own", "a frame that trickles", "every byte buys more time",
        cell=WRITE + "import time\nfor byte in b'\\x00\\x00\\x10\\x00\\x00\\x00\\x00\\x00' + b'x' * 4000:\n    os.write(3, bytes([byte]))\n    time.sleep(0.05)", ends=LOST),
    Attack("own", "a header that promises four gigabytes", "memory is taken before it comes", cell=WRITE + "send(None, b'\\xff' * 8)", ends=LOST),
    Attack("own", "the wire closed", "no verdict, read as full marks", cell="import os\nos.close(3)", ends=LOST),
    Attack("own", "the wire shut down in one direction", "the grader hangs in writing", cell="import socket\nsocket.socket(fileno=3).shutdown(socket.SHUT_RD)", ends=LOST),
    Attack("own", "descriptors passed along the wire", "the grader's table of open files fills up",
        cell="import socket, os\ns = socket.socket(fileno=os.dup(3))\nfor _ in range(20):\n    try: socket.send_fds(s, [b'\\xff' * 8], [0, 1, 2] * 60, socket.MSG_DONTWAIT)\n    except OSError: break", ends=LOST),
    Attack("own", "object arrays on the wire", "code is unpickled by the grader",
        cell=WRITE + "import io, pickle, struct\nclass Evil:\n    def __reduce__(self): return (os.system, ('touch @OUTSIDE@',))\nfile = io.BytesIO(); np.save(file, np.array([Evil()], dtype=object), allow_pickle=True)\n"
             "text = b'{\"status\": \"answered\", \"answer\": {\"__array__\": 0}}'\nframe = struct.pack('!II', len(text), 1) + text + struct.pack('!Q', file.tell()) + file.getvalue()\nsend(None, frame)", ends=LOST),
    Attack("own", "a header of an array that is code", "code is evaluated by the grader",
        cell=WRITE + "import struct\nhead = b\"{'descr': __import__('os').system('touch @OUTSIDE@'), 'fortran_order': False, 'shape': (), }\\n\"\nbody = b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head\n"
             "text = b'{\"a\": {\"__array__\": 0}}'\nsend(None, struct.pack('!II', len(text), 1) + text + struct.pack('!Q', len(body)) + body)", ends=LOST),
]  # fmt: skip
ANSWERS = [
    Attack("own", "the far end's `respond` replaced", "any answer to any question", cell=FAR + f"far_end.respond = lambda *a: {{'status': 'answered', 'answer': {{'y': {PLAIN}, 'dx': {PLAIN}}}}}"),
    Attack("own", "`plain` replaced", "an object of any type passes as a float64 array",
        cell="import numpy as np, sys\nfor name, module in list(sys.modules.items()):\n    if name.startswith('autograder.probes'): module.plain = lambda value: {'type': 'ndarray', 'dtype': 'float64', 'data': np.zeros((7, 3))}"),
    Attack("own", "the probe itself replaced", "the checker's questions are never put",
        cell="import numpy as np, autograder.probes.backprop_numpy.linear as probe\nfor name in ('modules', 'fresh', 'outputs', 'step', 'two_pairs', 'two_layers'): setattr(probe, name, lambda *a, **k: {})"),
    Attack("own", "an answer that is repeated", "what was right once is right for ever",
        cell=FAR + "ask, known = far_end._answer, {}\ndef again(shell, message): return known.setdefault(message['function'], ask(shell, message))\nfar_end._answer = again"),
    Attack("own", "names that are said to be there", "a check of something undefined", answers={"linear": "1 / 0"}, cell=FAR + "far_end._look = lambda *a: {'status': 'there'}"),
    Attack("own", "a false dtype", "integers and half precision pass as float64",
        cell=reply("{'status': 'answered', 'answer': {k: {'type': 'list', 'data': [{'type': 'ndarray', 'dtype': 'float64', 'data': np.ones((7, 5), np.int8)}]} for k in ('y', 'W', 'b')}}")),
    Attack("own", "an array as status", "comparing it raises in the grader", cell=reply("{'status': np.zeros(3), 'answer': np.zeros(3)}")),
    Attack("own", "an array in every place of an error", "the truth of an array raises in the grader",
        cell=reply("{'status': 'error', 'error': np.zeros(2), 'message': np.zeros(2), 'line': np.ones(2), 'number': np.zeros(2)}")),
    Attack("own", "a list as status", "an unhashable key raises in the grader", cell=reply("{'status': [[]], 'answer': [[]]}")),
    Attack("own", "an array in place of names", "comparing it raises in the grader", cell=FAR + "far_end._look = lambda *a: {'status': np.zeros(2), 'name': np.zeros(2)}"),
    Attack("own", "an array as the missing name", "comparing it raises in the grader", cell=FAR + "far_end._look = lambda *a: {'status': 'absent', 'name': np.zeros(2)}"),
    Attack("own", "a message of ten megabytes", "cards and reports swell", cell=reply("{'status': 'error', 'error': 'x' * 10_000_000, 'message': 'y' * 5_000_000, 'line': 'z', 'number': 10 ** 4000}")),
    Attack("own", "a type name of four megabytes", "cards and reports swell", cell=reply("{'status': 'answered', 'answer': {k: {'type': 'x' * 4_000_000} for k in ('y', 'W', 'b')}}")),
    Attack("own", "an answer nested four hundred deep", "the reader's stack", cell=reply("{'status': 'error', 'message': deep, 'answer': deep}", "deep = []\nfor _ in range(400): deep = [deep]")),
    Attack("own", "an answer nested fifty thousand deep", "the reader's stack",
        cell=WRITE + "import struct\ntext = b'{\"a\": ' + b'[' * 50_000 + b']' * 50_000 + b'}'\nsend(None, struct.pack('!II', len(text), 0) + text)", ends=LOST),
    Attack("own", "an answer of a million lists", "the reader's memory", cell=reply("{'status': 'answered', 'answer': {k: {'type': 'list', 'data': [[]] * 300_000} for k in ('y', 'W', 'b')}}")),
    Attack("own", "an array of eighty megabytes", "the reader's memory", cell=reply("{'status': 'answered', 'answer': {'x': np.zeros(10_000_000)}}")),
    Attack("own", "five thousand arrays", "the reader's memory", cell=reply("{'status': 'answered', 'answer': {'x': [np.zeros(1)] * 5000}}")),
    Attack("own", "a number with four thousand digits", "an overflow in the grader", cell=reply("{'status': 'answered', 'answer': {k: {'type': 'int', 'data': 10 ** 4000} for k in ('y', 'W', 'b')}}")),
    Attack("own", "nan as a JSON constant", "`if error > limit: fail` never fires", cell=reply("{'status': 'answered', 'answer': {k: {'type': 'float', 'data': float('nan')} for k in ('y', 'W', 'b')}}")),
    Attack("own", "lone surrogates in an error", "a report that cannot be written stops the batch", answers={"linear": "class Linear:\n    def __init__(self, *a): raise ValueError('\\ud800 \\x1b[2J \\u202e')"}),
]  # fmt: skip
CELLS = [
    Attack("own", "lone surrogates in the outputs", "a report that cannot be written stops the batch", cell="print('\\ud800')\n'\\udfff'"),
    Attack("own", "a time of four thousand digits", "an overflow in the grader", cell=cell_reply("{'outputs': [], 'status': 'ok', 'seconds': 10 ** 4000}"), ends=LOST),
    Attack("own", "a time that is not a number", "sums of it are not numbers", cell=cell_reply("{'outputs': [], 'status': 'ok', 'seconds': float('nan')}")),
    Attack("own", "arrays in place of outputs", "comparing them raises in the grader",
        cell=cell_reply("{'outputs': [{'output_type': np.zeros(2)}, {'output_type': 'stream', 'name': np.zeros(2), 'text': ''}, {'output_type': 'error', 'traceback': [np.zeros(2)], 'ename': np.zeros(2)}], 'status': 'ok', 'seconds': np.zeros(2)}")),
    Attack("own", "an array as status of a cell", "comparing it raises in the grader", cell=cell_reply("{'outputs': [], 'status': np.zeros(2), 'seconds': 0}"), ends=LOST),
    Attack("own", "no outputs at all", "a missing field raises in the grader", cell=cell_reply("{}"), ends=LOST),
    Attack("own", "a traceback of a million lines", "reports swell", cell=cell_reply("{'outputs': [{'output_type': 'error', 'traceback': ['x'] * 1_000_000}], 'status': 'ok', 'seconds': 0}")),
    Attack("own", "a result that nbgrader would read", "a number in an answer cell counts as points",
        cell=cell_reply("{'outputs': [{'output_type': 'execute_result', 'data': {'text/plain': '1.0'}}], 'status': 'ok', 'seconds': 0}")),
]  # fmt: skip


@pytest.mark.parametrize("attack", [*FRAMES, *ANSWERS, *CELLS], ids=str)
def test_it_wins_nothing(arena: Arena, attack: Attack) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    report = arena.withstand(attack)
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert len(repr(report)) < 200_000


def test_forged_numbers_are_worth_what_the_numbers_are_worth(arena: Arena) -> None:
    """Whoever answers right before the question comes has guessed a secret; the rest is wrong."""
    report = arena.withstand(Attack("own", "", "", cell=AHEAD, ends=LOST))
    passed = {c.id for check in report.checks.values() for c in check.criteria if c.passed}
    assert passed <= {"numpy_only", "parameters"}
    assert report.score == 0


def test_outputs_are_cut_on_this_side_too(arena: Arena) -> None:
    """The sandbox's own limits can be lifted by the student; the reader keeps its own account."""
    big = cell_reply("{'outputs': [{'output_type': 'stream', 'name': 'stdout', 'text': 'x' * SIZE}], 'status': 'ok', 'seconds': 0}")  # fmt: skip
    folder = Attack("own", "", "", cell=big.replace("SIZE", str(3 * MIB)), edit=lambda cells: [*cells, *[{**cells[-1], "metadata": {}, "source": f"{i}"} for i in range(12)]])  # fmt: skip
    report = arena.withstand(folder)
    sizes = [sum(len(o["text"]) for o in c.outputs) for c in report.notebooks[0].cells if c.outputs]
    assert len(sizes) >= 5
    assert sum(sizes) <= NOTEBOOK_OUTPUT
    above = arena.withstand(Attack("own", "", "", cell=big.replace("SIZE", str(CELL_OUTPUT + 1))))
    assert printed(above).strip() == ""
    assert shell.TEXT_KEPT + shell.RICH_KEPT < CELL_OUTPUT


@pytest.mark.parametrize("gid", ["linear", "relu"])
def test_any_leaf_of_an_honest_answer_may_be_forged(arena: Arena, gid: str) -> None:
    """Whatever stands in place of one part of a right answer, the judge comes to a verdict and does not raise."""
    space: dict[str, Any] = {"np": np}
    exec("class Module:\n    def update(self, alpha): pass\n" + arena.right[gid], space)
    subject = space["Linear" if gid == "linear" else "ReLU"]
    nan = float("nan")
    junk = [None, True, -1, 10**400, nan, "x", [], [[]], {}, {"type": "list", "data": {}}, np.zeros(0), np.zeros((7, 5), bool), np.full((7, 3), nan), np.zeros((1,) * 8), np.array(2**63, dtype="u8"), {"type": "ndarray", "data": np.zeros((7, 5)), "dtype": []}, {"type": "list", "data": [1]}, {"type": "int", "data": 10**400}]  # fmt: skip
    rng = np.random.default_rng(0)
    for attempt in range(250):
        when, what = int(rng.integers(0, 12)), junk[int(rng.integers(len(junk)))]
        asked = 0

        def ask(probe: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
            nonlocal asked
            outcome = respond(probe, function, [subject], question)
            asked += 1
            if asked - 1 == when:  # noqa: B023
                _forge(outcome, what, rng)  # noqa: B023
            return outcome

        result = checks_of(arena.name)[gid].judge(ask, attempt)
        assert 0 <= result.points <= result.max_points


def _forge(outcome: dict[str, Any], what: Any, rng: Any) -> None:
    """Replace a random part of an outcome."""
    place: Any = outcome
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = keys[int(rng.integers(len(keys)))]
        if isinstance(place[key], dict | list) and len(place[key]) and rng.random() < 0.8:
            place = place[key]
            continue
        place[key] = what
        return


class TestNeighbours:
    """Two students in one sandbox at the same time, and one after the other."""

    def test_an_attack_at_the_same_time_changes_nothing(self, arena: Arena) -> None:
        noise = (
            "import os, threading, socket, time, glob\ndef attack():\n    while True:\n"
            "        for n in range(1, 400):\n            try:\n                if n != os.getpid(): os.kill(n, 9)\n            except OSError: pass\n"
            "        for path in glob.glob('/tmp/*') + glob.glob('/dev/shm/*') + glob.glob('/dev/pts/[0-9]*') + glob.glob('/course/autograder/*'):\n"
            "            try: open(path, 'a').write('100')\n            except OSError: pass\n"
            "        time.sleep(0.01)\nfor _ in range(4): threading.Thread(target=attack, daemon=True).start()"
        )
        sandbox = next(iter(arena.examiner._sandboxes.values()))
        with sandbox.start() as attacker:
            assert attacker.run_cell(noise)["status"] == "ok"
            arena.require_honest_marks()
            assert attacker.run_cell("print(1)")["status"] == "ok"

    def test_terminals_of_one_student_are_not_in_sight_of_another(self, arena: Arena) -> None:
        sandbox = next(iter(arena.examiner._sandboxes.values()))
        with sandbox.start() as first, sandbox.start() as second:
            assert first.run_cell("import os\nmine = os.openpty()")["status"] == "ok"
            seen = second.run_cell("import os\nprint([n for n in os.listdir('/dev/pts') if n.isdigit()])")
        assert seen["outputs"][0]["text"] == "[]\n"

    def test_a_full_standard_error_does_not_block_the_next_student(self, arena: Arena) -> None:
        fill = "import os, time\nend = time.monotonic() + 1\nos.set_blocking(2, False)\nwhile time.monotonic() < end:\n    try: os.write(2, b'x' * 4096)\n    except BlockingIOError: break\n    finally: os.set_blocking(2, True)"  # fmt: skip
        arena.withstand(Attack("own", "", "", cell=fill))
        noisy = {**arena.right, "linear": arena.right["linear"] + "\nimport os\nos.write(2, b'x' * 4096)\nos.write(1, b'x')"}  # fmt: skip
        report = arena.examine("honest", Attack("", "", "", answers=noisy))
        assert report.score == report.max_score

    def test_kernel_keyrings_are_not_shared(self, arena: Arena) -> None:
        machine = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(os.uname().machine)
        if machine is None:
            pytest.skip(f"the numbers of the system calls on {os.uname().machine} are not known here")
        code = "import ctypes\nl = ctypes.CDLL(None)\n"
        plant = code + f"print(l.syscall({machine[0]}, b'user', b'planted', b'xyz', 3, ctypes.c_int(-3)) > 0)"
        find = code + f"print(l.syscall({machine[1]}, 10, ctypes.c_int(-3), b'user', b'planted', 0) > 0)"
        sandbox = next(iter(arena.examiner._sandboxes.values()))
        with sandbox.start() as first, sandbox.start() as second:
            if first.run_cell(plant)["outputs"][0]["text"] != "True\n":
                assert second.run_cell(find)["outputs"][0]["text"] == "False\n"
                return  # refused by the filter of system calls, or unknown to the kernel
            assert first.run_cell(find)["outputs"][0]["text"] == "True\n"
            assert second.run_cell(find)["outputs"][0]["text"] == "False\n"
        with sandbox.start() as third:
            assert third.run_cell(find)["outputs"][0]["text"] == "False\n"

    def test_namespaces_of_its_own_uncover_nothing(self, arena: Arena) -> None:
        cell = (
            "import ctypes, os, time\nl = ctypes.CDLL(None)\nl.unshare(0x10000000 | 0x20000 | 0x20000000)\n"
            "if os.fork() == 0:\n    for s in range(1, 32):\n        try: __import__('signal').signal(s, 1)\n        except (OSError, ValueError): pass\n    time.sleep(300)\n"
            "print('uncovered', l.umount2(b'/proc', 2) == 0, l.umount2(b'/tmp', 2) == 0, l.mount(b'proc', b'/proc', b'proc', 0, None) == 0, os.path.exists('/proc/1'))"
        )
        arena.withstand(
            Attack("own", "", "", cell=cell, shows="uncovered False False False False", ends=("ok", "error"))
        )


class TestStore:
    """A report in the store that is not the one that was written there."""

    def key(self, arena: Arena) -> tuple[Path, str]:
        task = arena.task("honest", arena.hand_in("honest", Attack("", "", "", answers=ZERO)))
        key = task.key(walls.level())
        return arena.places["@REPORTS@"] / f"{key}.json", key

    @pytest.mark.parametrize("kind", ["other key", "noise", "pickle", "extra field", "false status", "cut", "link", "folder", "empty", "surrogate"])  # fmt: skip
    def test_62_a_poisoned_report_is_not_read(self, arena: Arena, kind: str) -> None:
        path, key = self.key(arena)
        good = (arena.places["@REPORTS@"] / f"{arena.honest.key}.json").read_bytes()
        mine = good.replace(arena.honest.key.encode(), key.encode())
        content = {
            "other key": good,
            "noise": b"\xff\x00" * 50,
            "pickle": b"cos\nsystem\n(S'false'\ntR.",
            "extra field": mine.replace(b'{"student"', b'{"bonus":5,"student"', 1),
            "false status": mine.replace(b'"status":"passed"', b'"status":"perfect"', 1),
            "cut": mine[: len(mine) // 2],
            "empty": b"",
            "surrogate": mine.replace(b'"honest"', b'"\\ud800"', 1),
        }
        if kind == "link":
            path.symlink_to(f"{arena.honest.key}.json")
        elif kind == "folder":
            path.mkdir()
        else:
            path.write_bytes(content[kind])
        try:
            assert arena.store.read(key) is None
        finally:
            path.rmdir() if kind == "folder" else path.unlink()

    def test_62_the_store_is_its_owners_alone_and_out_of_the_sandboxs_sight(self, arena: Arena) -> None:
        assert arena.places["@REPORTS@"].stat().st_mode & 0o077 == 0
        arena.withstand(
            Attack(
                "62",
                "",
                "",
                cell="import os\nprint('there', os.path.exists('@REPORTS@'))",
                shows="there False",
            )
        )
