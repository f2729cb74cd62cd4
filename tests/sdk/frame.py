"""What the Python suites share: how a check is named, run, told and helped.

A check is a function (or a coroutine function) decorated with `@check("area.what")`. It makes and
ends its own sandboxes. `main` prints one line per check: `ok NAME`, `skip NAME: needs CAPABILITY`
or `FAIL NAME: message`, with the traceback on stderr, and returns 0 only if none failed.
"""

import argparse
import asyncio
import faulthandler
import inspect
import os
import queue
import sys
import threading
import time
import traceback

# What the machine and the stand-in's engine have, e.g. `isolation`, `root`, `git`.
CAPABILITIES = frozenset(filter(None, os.environ.get("CUTOVER_CAPABILITIES", "").split(",")))

# Ample for a machine that builds something beside.
CHECK_SECONDS_MAX = 120
WORKERS = int(os.environ.get("CUTOVER_SDK_WORKERS", "6"))

_checks = {}


def check(name, needs=()):
    """Registers a check; it is skipped where one of the capabilities `needs` is missing."""

    def register(function):
        assert "." in name and " " not in name, name
        assert name not in _checks, f"two checks are called {name}"
        _checks[name] = (function, tuple(needs))
        return function

    return register


def has(capability):
    return capability in CAPABILITIES


def raises(kind, action, text="", exact=None):
    """The exception that `action` must raise: of exactly this class, with `text` in its message
    (`exact`: the whole message)."""
    try:
        result = action()
    except Exception as error:  # noqa: BLE001
        return _same(error, kind, text, exact)
    raise AssertionError(f"no {kind.__name__}, but {result!r}")


async def araises(kind, awaitable, text="", exact=None):
    """`raises` for an awaitable."""
    try:
        result = await awaitable
    except Exception as error:  # noqa: BLE001
        return _same(error, kind, text, exact)
    raise AssertionError(f"no {kind.__name__}, but {result!r}")


def _same(error, kind, text, exact):
    if type(error) is not kind:
        raise AssertionError(
            f"{type(error).__name__} instead of {kind.__name__}: {error}"
        ) from error
    if exact is not None:
        assert str(error) == exact, f"{str(error)!r} instead of {exact!r}"
    assert text in str(error), f"{text!r} is not in {str(error)!r}"
    return error


def equal(left, right, what=""):
    """Like `assert left == right`, but a failure shows both."""
    assert left == right, f"{what}{': ' if what else ''}{_short(left)} is not {_short(right)}"


def _short(value):
    text = repr(value)
    return text if len(text) < 600 else f"{text[:600]}... ({len(text)} characters)"


def until(condition, what, seconds=20):
    """Waits until `condition` gives something true, and gives that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


async def auntil(condition, what, seconds=20):
    """`until` for a condition that is a coroutine function, or a plain one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class _Tale:
    """What was told so far, and by whom something is still to come."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = {}
        self.failed = 0

    def tell(self, line, failed=False, trace=""):
        with self.lock:
            self.failed += failed
            if trace:
                print(trace, file=sys.stderr, flush=True)
            print(line, flush=True)


def _run_one(tale, name):
    function, needs = _checks[name]
    missing = [need for need in needs if need not in CAPABILITIES]
    if missing:
        tale.tell(f"skip {name}: needs {', '.join(missing)}")
        return
    began = time.monotonic()
    with tale.lock:
        tale.running[name] = began
    line, trace, failed = f"ok {name}", "", False
    try:
        if inspect.iscoroutinefunction(function):
            asyncio.run(asyncio.wait_for(function(), CHECK_SECONDS_MAX))
        else:
            function()
    except BaseException as error:  # noqa: BLE001
        text = " ".join(str(error).split())[:500]
        line = f"FAIL {name}: {type(error).__name__}: {text}"
        trace, failed = f"--- {name}\n{traceback.format_exc()}", True
    with tale.lock:
        given_up = tale.running.pop(name, None) is None
    if given_up:
        return
    tale.tell(line, failed, trace)
    if os.environ.get("CUTOVER_SDK_TIMES"):
        print(f"    {time.monotonic() - began:6.2f} s {name}", file=sys.stderr, flush=True)


def _work(tale, waiting):
    while True:
        try:
            name = waiting.get_nowait()
        except queue.Empty:
            return
        _run_one(tale, name)


def _hung(tale):
    """Gives up on checks that ran too long, once each."""
    now = time.monotonic()
    with tale.lock:
        hung = [n for n, began in tale.running.items() if now - began > CHECK_SECONDS_MAX + 10]
        for name in hung:
            del tale.running[name]
    for name in hung:
        faulthandler.dump_traceback(sys.stderr)
        tale.tell(f"FAIL {name}: ran over {CHECK_SECONDS_MAX} s", failed=True)


def main(prepare=None):
    """Runs what the arguments say; the exit code. `prepare` is called before the first check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true", help="print the names of all checks")
    parser.add_argument("--only", default="", metavar="PREFIX", help="run the checks so named")
    parser.add_argument("--workers", type=int, default=WORKERS)
    args = parser.parse_args()
    names = [name for name in _checks if name.startswith(args.only)]
    if args.list:
        print("\n".join(sorted(names)))
        return 0
    if not names:
        print(f"no check is called {args.only}...", file=sys.stderr)
        return 2
    if prepare:
        prepare()
    tale, waiting = _Tale(), queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    workers = [threading.Thread(target=_work, args=(tale, waiting), daemon=True)
               for _ in range(max(1, args.workers))]
    for worker in workers:
        worker.start()
    # A worker whose check hung is left behind; its check was told as failed.
    while any(worker.is_alive() for worker in workers):
        workers[0].join(0.1) if workers[0].is_alive() else time.sleep(0.05)
        _hung(tale)
        if waiting.empty() and not tale.running:
            break
    sys.stdout.flush()
    sys.stderr.flush()
    code = 1 if tale.failed else 0
    if any(worker.is_alive() for worker in workers):
        os._exit(code)
    return code
