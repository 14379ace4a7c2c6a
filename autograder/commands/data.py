"""Find or download CIFAR-10 and check it."""

from __future__ import annotations

import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--mirror", default="", metavar="URL", help="try this address of cifar-10-python.tar.gz first"
    )


def run(options: argparse.Namespace) -> None:
    """Have the images, downloaded where they are not there yet; print how many, their means and deviations."""
    from autograder import data

    if not data.is_available():
        try:
            data.download(options.mirror)
        except KeyboardInterrupt:
            raise data.DataUnavailableError(
                "Stopped. What has come is kept: `autograder data` goes on from there."
            ) from None
    shown = "The synthetic stand-in" if data.is_synthetic() else f"CIFAR-10 in {data.find()}"
    means, deviations = (", ".join(f"{x:.4f}" for x in numbers) for numbers in data.statistics())
    print(f"{shown}: {len(data.load(train=True)):,} training images,")
    print(f"means of red, green, blue {means}, standard deviations {deviations}.")
