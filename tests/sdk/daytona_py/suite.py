"""Drives the Daytona stand-in with the unmodified official Python SDK, blocking and asynchronous.

Goal: what a user of the SDK sees (results, exception classes, status codes, texts) is what the
wire contract says the hosted Daytona gives. DAYTONA_API_KEY, DAYTONA_API_URL and DAYTONA_TARGET
point the SDK at the stand-in. Every check runs twice: `NAME` on the blocking SDK, `NAME_async` on
the asynchronous one. How checks are told and chosen: tests/sdk/README.md.
"""

import importlib
import logging
import pathlib
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import flavours  # noqa: E402
import frame  # noqa: E402


def quieten():
    """Deprecated operations are called too, and a stand-in may lack the event channel, which the
    SDK then retries in the background and logs."""
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)


if __name__ == "__main__":
    for file in sorted(HERE.glob("checks_*.py")):
        importlib.import_module(file.stem)
    flavours.register()
    sys.exit(frame.main(quieten))
