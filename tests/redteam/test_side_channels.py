"""Models, checkpoints and torch; time, status and load as messengers."""

# ruff: noqa: E501  (a payload is one cell)

from __future__ import annotations

import json
import pickle
import re

import pytest

from tests.accuracy import NUMBER
from tests.redteam.arena import Arena, Attack
from tests.redteam.test_persistence import Evil

ALWAYS = """
class Agreeable(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None): return True
"""
ATTACKS = [
    Attack("05", "tensor subclass with its own functions", "`torch.allclose` of it is true",
        cell=ALWAYS, answers={"channel_statistics": "def channel_statistics(images):\n    return torch.zeros(3).as_subclass(Agreeable), torch.zeros(3).as_subclass(Agreeable)"}),
    Attack("07", "patched comparisons of torch", "the checker is always satisfied",
        cell="torch.allclose = torch.equal = torch.isclose = lambda *a, **k: True\ntorch.testing.assert_close = lambda *a, **k: None\nprint('close', torch.allclose(1, 2))", shows="close True"),
    Attack("33", "tensors that resolve late", "equal to the reference once they have seen it",
        answers={"channel_statistics": "class Lazy:\n    requires_grad = False\n    def detach(self): return self\n    def cpu(self): return self\n    def numpy(self): return np.zeros(3)\n    dtype, device = torch.float64, torch.device('cpu')\ndef channel_statistics(images): return Lazy(), Lazy()"}),
    Attack("39", "patched generators of torch", "random inputs become known inputs",
        cell="torch.manual_seed = lambda *a: None\ntorch.Generator = None\nnp.random.default_rng = None"),
    Attack("71", "torch.load made permissive", "code at load",
        files={"softmax_regression.pt": b""},
        cell="load = torch.load\ntorch.load = lambda *a, **k: load(*a, **{**k, 'weights_only': False})\ntorch.serialization.add_safe_globals([eval])"),
    Attack("39b", "generators left in a known state", "the seeds of the check are overridden",
        answers={"set_seed": "def set_seed(seed):\n    torch.rand(1), np.random.random()"}),
    Attack("41b", "frames while a question is answered", "the judge's inputs and key, from the caller's locals",
        cell="import sys\nseen = set()", last="print('names', sorted(seen & {'exam', 'key', 'rng', 'expected', 'limit', 'finding'}), len(seen) > 5)", shows="names [] True",
        answers={"set_seed": "def set_seed(seed):\n    frame = sys._getframe()\n    while frame: seen.update(frame.f_locals); frame = frame.f_back"}),
    Attack("60", "threads of torch", "the neighbours time out", cell="torch.set_num_threads(8)\nfor _ in range(3): torch.rand(200, 200) @ torch.rand(200, 200)"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_wins_nothing_with_torch_in_view(torch_arena: Arena, attack: Attack) -> None:
    torch_arena.withstand(attack)


def test_71_a_pickled_checkpoint_runs_nothing_outside(torch_arena: Arena) -> None:
    evil = pickle.dumps(Evil(torch_arena.places["@OUTSIDE@"]))
    cell = "torch.load('softmax_regression.pt', weights_only=False)"
    files = {"softmax_regression.pt": evil}
    torch_arena.withstand(Attack("71", "", "", files=files, cell=cell, ends=("ok", "error")))


SELF_CONSISTENT = """
import autograder.probes.softmax_pytorch.set_seed as probe
from autograder.probes.plain import plain
three = np.array([[.1, .2, .3], [.1, .2, .3], [.4, .5, .6]])
probe.draws = lambda *a, **k: {**{name: plain(three) for name in ('random', 'numpy', 'torch', 'cuda')}, 'has_cuda': plain(False), 'deterministic': plain(True)}
"""


def test_forged_draws_that_agree_with_each_other_are_worth_nothing(torch_arena: Arena) -> None:
    torch_arena.withstand(Attack("own", "", "", cell=SELF_CONSISTENT))


@pytest.mark.parametrize(
    ("one", "other", "ends"),
    [
        ("import time", "import time\ntime.sleep(1)", "ok"),
        ("held = bytes(10)", "held = bytes(10_000_000)", "ok"),
        ("import os\nos._exit(7)", "import os\nos._exit(42)", "error"),
    ],
    ids=["time", "memory", "exit status"],
)
def test_76_time_memory_and_exit_status_are_in_no_list(arena: Arena, one: str, other: str, ends: str) -> None:
    """What an attack could tell by them stays with the instructor: the lists differ in what was measured alone."""
    listed = [
        NUMBER.sub("#", json.dumps(arena.withstand(Attack("76", "", "", cell=cell, ends=(ends,))).to_dict()))
        for cell in (one, other)
    ]
    assert listed[0] == listed[1]
    assert not re.search(
        r"\d s\b|\bseconds\b|memory|\bMB\b|exited|exit (?:status|code)|kill", listed[0].partition("checks")[2]
    )


def test_76_the_load_of_the_machine_is_a_picture_taken_at_the_start(arena: Arena) -> None:
    cell = "import time\none = open('/proc/loadavg').read(), open('/proc/stat').read()\ntime.sleep(0.3)\nprint('same', one == (open('/proc/loadavg').read(), open('/proc/stat').read()))"
    arena.withstand(Attack("76", "", "", cell=cell, shows="same True"))


def test_76_points_move_in_whole_criteria(arena: Arena) -> None:
    """A score has few values: it is no finer an oracle than the list of criteria that the student sees anyway."""
    for check in arena.honest.checks.values():
        assert len(check.criteria) <= 12


def test_72_a_table_from_inputs_to_answers_is_worth_nothing(arena: Arena) -> None:
    """The small stand-in for label tables: inputs are drawn, never taken from a list that could be tabulated."""
    table = "import hashlib\nTABLE = {hashlib.sha256(np.random.RandomState(s).normal(size=(7, 5)).tobytes()).digest(): 1 for s in range(500)}\nhits = 0"
    relu = "class ReLU(Module):\n    def forward(self, x):\n        global hits\n        hits += hashlib.sha256(x.tobytes()).digest() in TABLE\n        return np.zeros(x.shape)\n    def backward(self, d): return np.zeros(d.shape)"
    arena.withstand(
        Attack("72", "", "", cell=table, answers={"relu": relu}, last="print('hits', hits)", shows="hits 0")
    )


def test_74_answers_by_number_of_call_are_worth_nothing(arena: Arena) -> None:
    """The small stand-in for order-aware inference: the calls of one check in order, answered from another's log."""
    relu = "calls = []\nclass ReLU(Module):\n    def forward(self, x):\n        calls.append(x.copy())\n        return np.maximum(calls[max(0, len(calls) - 2)], 0) if calls[max(0, len(calls) - 2)].shape == x.shape and len(calls) > 1 else np.zeros(x.shape)\n    def backward(self, d): return np.zeros(d.shape)"
    arena.withstand(Attack("74", "", "", answers={"relu": relu}))
