"""Feed the readers of hostile bytes with mutated inputs: ``python -m tests.fuzz --seconds 300``.

With atheris (``pip install -e ".[fuzz]"``) inputs that reach new lines are kept and changed further; without it
they are changed blindly. Each target runs in a process of its own, under a limit of memory and of time for one input.
What fails is written below ``build/fuzz``; mended, it belongs into ``tests/fuzz/regressions``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.drawing import mutate_bytes, mutate_json

TARGETS = ("notebook", "wire", "report", "outcome", "answer", "judges")
ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build" / "fuzz"
REGRESSIONS = Path(__file__).parent / "regressions"
MEMORY_MIB = 1536
INPUT_SECONDS = 10
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
FIGURES = {
    "executions": r"stat::number_of_executed_units: (\d+)",
    "peak MiB": r"stat::peak_rss_mb: +(\d+)",
    "slowest s": r"stat::slowest_unit_time_sec: (\d+)",
}


def main() -> int:
    """Run targets one after another, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="all where omitted")
    parser.add_argument("--seconds", type=int, default=300, help="for each target (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="for other mutations")
    parser.add_argument("--one", choices=TARGETS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_target(options.one, options.seconds, options.seed)
        return 0
    print("guided by coverage (atheris)" if HAS_ATHERIS else "without atheris: blind mutations", flush=True)
    failed = 0
    for name in options.targets or TARGETS:
        failed += not _in_a_process(name, options.seconds, options.seed)
    return 1 if failed else 0


def _in_a_process(name: str, seconds: int, seed: int) -> bool:
    line = [sys.executable, "-m", "tests.fuzz", "--one", name, "--seconds", str(seconds), "--seed", str(seed)]
    start = time.monotonic()
    try:
        done = subprocess.run(
            line,
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + 300,
        )
    except subprocess.TimeoutExpired:
        print(f"{name:<10} FAILED: it did not end {seconds + 300} s after its start", flush=True)
        return False
    said = done.stdout + done.stderr
    figures = {word: re.findall(pattern, said) for word, pattern in FIGURES.items()}
    shown = ", ".join(f"{word} {found[-1]}" for word, found in figures.items() if found)
    verdict = "nothing found" if done.returncode == 0 else f"FAILED (status {done.returncode})"
    print(f"{name:<10} {time.monotonic() - start:4.0f} s  {shown}  {verdict}", flush=True)
    if done.returncode:
        print(said[-6000:], flush=True)
    return done.returncode == 0


def run_target(name: str, seconds: int, seed: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    corpus = FOUND / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    if HAS_ATHERIS:
        _guided(name, corpus, seconds, seed)
    else:
        _blind(name, corpus, seconds, seed)


def _guided(name: str, corpus: Path, seconds: int, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["autograder"]):
        target = _loaded(name)
    _write_seeds(name, target, corpus)
    words = getattr(target, "WORDS", ())

    def mutate(content: bytes, most: int, number: int) -> bytes:
        changed = mutate_json(content, number, words) if number % 2 else None
        return changed[:most] if changed is not None else atheris.Mutate(content, most)

    line = [
        sys.argv[0],
        str(corpus),
        f"-max_total_time={seconds}",
        f"-max_len={target.LARGEST}",
        "-timeout=100000",  # never: its alarm and the signals of Python do not always agree
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-seed={seed + 1}",
        f"-artifact_prefix={FOUND / name}/",
        "-print_final_stats=1",
    ]
    is_json = name in ("notebook", "report")
    atheris.Setup(line, _in_time(target.check), **({"custom_mutator": mutate} if is_json else {}))
    atheris.Fuzz()


def _blind(name: str, corpus: Path, seconds: int, seed: int) -> None:
    target = _loaded(name)
    _write_seeds(name, target, corpus)
    kept = [path.read_bytes() for path in sorted(corpus.iterdir())]
    resource.setrlimit(resource.RLIMIT_AS, (8 * MEMORY_MIB * 2**20,) * 2)
    check = _in_time(target.check)
    ends, count, slowest = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < ends:
        content = mutated(target, kept, seed + count)
        begun = time.monotonic()
        try:
            check(content)
        except BaseException:
            digest = hashlib.sha256(content).hexdigest()[:12]
            (FOUND / name / f"crash-{digest}").write_bytes(content)
            raise
        slowest = max(slowest, time.monotonic() - begun)
        count += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"stat::number_of_executed_units: {count}\nstat::slowest_unit_time_sec: {slowest:.0f}")
    print(f"stat::peak_rss_mb: {peak}")
    if peak > MEMORY_MIB:
        raise SystemExit(f"It took {peak} MiB of memory, and at most {MEMORY_MIB} are allowed.")


def mutated(target: Any, kept: list[bytes], seed: int) -> bytes:
    """One of the kept inputs, changed."""
    content = kept[seed % len(kept)]
    changed = mutate_json(content, seed, getattr(target, "WORDS", ())) if seed % 2 else None
    return mutate_bytes(content, seed, target.LARGEST) if changed is None else changed


def _in_time(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """A check that fails where one input takes too much CPU time."""

    def too_slow(number: int, frame: Any) -> None:
        raise TimeoutError(f"one input took more than {INPUT_SECONDS} s")

    def checked(content: bytes) -> None:
        signal.setitimer(signal.ITIMER_PROF, INPUT_SECONDS)
        try:
            check(content)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    signal.signal(signal.SIGPROF, too_slow)
    return checked


def _loaded(name: str) -> Any:
    """A target with all that it imports at its first use, which no input is to be blamed for."""
    target = importlib.import_module(f"tests.fuzz.{name}")
    target.check(target.seeds()[0])
    return target


def _write_seeds(name: str, target: Any, corpus: Path) -> None:
    """Real inputs, and those that once failed."""
    there = sorted((REGRESSIONS / name).glob("*")) if (REGRESSIONS / name).is_dir() else []
    for content in [*target.seeds(), *(path.read_bytes() for path in there)]:
        (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
