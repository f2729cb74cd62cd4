"""Drives the E2B stand-in with the unmodified Python SDK `e2b`; see `../README.md`.

E2B_API_KEY, E2B_API_URL and E2B_SANDBOX_URL point the SDK at the stand-in.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import frame  # noqa: E402

# Importing registers the checks.
import checks_async  # noqa: E402, F401
import checks_binary  # noqa: E402, F401
import checks_commands  # noqa: E402, F401
import checks_errors  # noqa: E402, F401
import checks_files  # noqa: E402, F401
import checks_git  # noqa: E402, F401
import checks_lifecycle  # noqa: E402, F401
import checks_state  # noqa: E402, F401
import checks_sync  # noqa: E402, F401
import checks_template  # noqa: E402, F401
import checks_unsupported  # noqa: E402, F401

if __name__ == "__main__":
    sys.exit(frame.main())
