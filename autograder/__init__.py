"""A course pack in deep learning and the autograder that grades it.

Nothing is imported here: the probes of this package also run where the rest of it is out of sight.
"""

__version__ = "0.1.0"
