"""What ``import torch`` finds in a notebook that is to be done in numpy."""

raise ImportError("torch is not available in this notebook: its tasks are to be done in numpy")
