"""Find or download CIFAR-10 and check it."""

from __future__ import annotations

import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(options: argparse.Namespace) -> None:
    """Load the training images and print how many there are, and their channel means."""
    from autograder import data

    images = data.load(train=True).images
    shown = "the synthetic stand-in" if data.is_synthetic() else "CIFAR-10"
    means = ", ".join(f"{m:.4f}" for m in images.mean((0, 1, 2)) / 255)
    print(f"{shown}: {len(images):,} training images, channel means {means}.")
