"""Import this before nbformat, and nbformat comes in a tenth of the time.

nbformat imports jsonschema, which imports a grammar of Internet addresses where one is installed; building it takes
1.2 s. jsonschema does without it where it is missing, and no notebook holds an address that it would check.
"""

from __future__ import annotations

import sys

GRAMMAR = "rfc3987_syntax"

if "jsonschema" not in sys.modules and GRAMMAR not in sys.modules:
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[GRAMMAR]
