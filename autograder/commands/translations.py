"""Check that every translation is there and agrees with its source; bring the catalogues up to date."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.errors import ExplainedError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--update", action="store_true", help="bring the catalogues up to date with their sources"
    )
    parser.add_argument("--language", default="", metavar="CODE", help="only this one, or a new one, as ru")


def run(options: argparse.Namespace) -> None:
    """Update where asked, write the translated documents, and say what is missing."""
    from autograder import configuration
    from autograder.translation import catalogues, edition

    course = Path.cwd()
    configuration.read(course)
    found: list[str] = []
    for language in [options.language] if options.language else catalogues.languages(course):
        if options.update:
            for path in catalogues.update(course, language):
                print(f"updated {path}")
        found += catalogues.problems(course, language)
        if options.update and not found:
            for path in edition.write_documents(course, language):
                print(f"wrote {path}")
    if found:
        raise ExplainedError("\n".join(found))
    print("All translations are complete.")
