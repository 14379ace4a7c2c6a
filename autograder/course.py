"""What an instructor sets for a course, once: where its students get the pack and the data.

After a change run ``make release``: the first code cell of every released notebook and the badges in the
README are made from it.
"""

from __future__ import annotations

REPOSITORY = ""
"""Address of what ``autograder handout`` has written, once it is published, as ``https://github.com/OWNER/NAME``.

Not of this repository: it holds the solutions, and every student is sent to the address. While it is empty,
Colab cannot install the pack, the cell that would says so there, and there are no badges.
"""

BRANCH = "main"
"""The branch that students get."""

MIRRORS: tuple[str, ...] = ()
"""Addresses of ``cifar-10-python.tar.gz``, or of folders that hold it (with ``/`` at the end).

They are tried in this order, before the official server.
"""
