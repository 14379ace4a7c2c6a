"""Many small submissions: does time grow linearly, and what does the parent process hold in memory?

python -m benchmarks.throughput 50 200        # number of submissions of each run
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder import data
from tests.end_to_end import mini_course as mini


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("submissions", type=int, nargs="*", default=[50, 200])
    options = parser.parse_args()
    data.pin()
    print(f"{os.cpu_count()} cores; submissions of {', '.join(mini.KEPT)} cut down to a few cells")
    for n in options.submissions:
        with tempfile.TemporaryDirectory() as folder:
            course = mini.make(Path(folder))
            for number in range(n):
                mini.hand_in(course, f"student{number:05d}")
            first, memory = measure(course)
            second, _ = measure(course)
        print(
            f"{n:6d} submissions  {first:7.1f} s  {first / n:6.3f} s each  parent {memory:4.0f} MB  "
            f"again {second:6.1f} s, {second / first:.1%} of the first"
        )


def measure(course: Path) -> tuple[float, float]:
    """Grade; give back seconds and the parent's largest resident memory in MB (10⁶ bytes)."""
    start, most = time.monotonic(), 0.0
    command = [sys.executable, "-m", "autograder.cli", "grade", mini.ASSIGNMENT, "--quiet"]
    with subprocess.Popen(
        command, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            except OSError:
                break
            most = max(
                [most, *(float(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))]
            )
            time.sleep(0.2)
    if process.returncode:
        sys.exit(f"grading failed with {process.returncode}")
    return time.monotonic() - start, most


if __name__ == "__main__":
    main()
