"""The commands that the README shows to instructors, run one after another in a small course."""

from __future__ import annotations

import mailbox
import os
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

from autograder.sandbox import walls
from tests.docs.pages import ROOT, Block, blocks, commands
from tests.end_to_end import mini_course as mini

MISSING = [wall.name for wall in walls.missing()]
ROSTER = (
    "id,first_name,last_name,email\nada,Ada,Lovelace,ada@uni.example\ngrace,Grace,Hopper,grace@uni.example\n"
)
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine has no {', '.join(MISSING)}")


def instructors_block() -> Block:
    """The block of the README that grades a class."""
    (found,) = [block for block in blocks(ROOT / "README.md") if "autograder grade" in block.text]
    return found


def send(folder: Path, box: Path) -> None:
    """Put a message with Grace's notebooks into a mailbox, as she would send it."""
    message = EmailMessage()
    message["From"] = "Grace Hopper <grace@uni.example>"
    message["To"] = "course@uni.example"
    message["Subject"] = "[ML][HW05] Hopper Grace"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    message["Message-ID"] = "<1@uni.example>"
    message.set_content("My homework.")
    for name in mini.KEPT:
        content = (folder / "solutions" / mini.ASSIGNMENT / f"{name}.ipynb").read_bytes()
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=f"{name}.ipynb"
        )
    made = mailbox.mbox(box)
    made.add(message)
    made.close()


def test_the_commands_for_instructors_go_from_the_source_to_the_table_of_grades(tmp_path: Path) -> None:
    folder = mini.make(tmp_path / "course")
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    mini.hand_in(folder, "ada", mini.ZERO_BACKWARD)
    (folder / "gradebook" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    send(folder, folder / "class.mbox")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    run = [command.text for command in commands(instructors_block())]
    assert len(run) >= 5
    for command in run:
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"

    points = mini.points(folder)
    assert 0 < points["ada"]["check_linear"] < 1
    expected = {"ada", "grace"} if any("autograder collect" in command for command in run) else {"ada"}
    assert set(points) == expected
    for student in expected:
        assert (
            folder / "gradebook" / "feedback" / student / mini.ASSIGNMENT / "1_backprop_numpy.html"
        ).exists()
    written = (folder / "gradebook").rglob("*.csv")
    tables = [path.read_text(encoding="utf-8-sig") for path in written if path.name != "roster.csv"]
    assert any("ada" in table.lower() for table in tables)
