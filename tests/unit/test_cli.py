"""The command line: what is refused before anything is begun, and errors as one sentence."""

from __future__ import annotations

import pytest

from autograder import cli


@pytest.mark.parametrize("command", ["grade", "regrade"])
@pytest.mark.parametrize("number", ["0", "-2", "many"])
def test_without_a_worker_nothing_would_be_graded_so_it_is_refused(
    command: str, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([command, "neural_networks", "--workers", number])
    assert f"argument --workers: '{number}' is not a number from 1 on" in capsys.readouterr().err
