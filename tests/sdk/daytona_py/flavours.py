"""The SDK's two faces, blocking and asynchronous, under one: each check is written once.

A check is an `async def` of one argument, the flavour. In the blocking flavour nothing is really
awaited (`of` gives back what it was given), so the coroutine is driven by hand and no event loop
runs: the SDK's own `asyncio.run` then works as it does in a user's program.

`@check(*capabilities)` on `what` in module `checks_area` makes the check `area.what`.
"""

import asyncio
import contextlib
import functools
import inspect
import os
import time

import frame
from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, Daytona, DaytonaConfig

_waiting = []


class Flavour:
    """What checks use of the SDK: a client, and how to get results out of it."""

    is_async = False
    suffix = ""

    def __init__(self, client):
        self.client = client

    async def of(self, value):
        """The result of a call of the SDK."""
        if inspect.isawaitable(value):
            return asyncio.run(_awaited(value))
        return value

    async def items(self, iterator):
        """Everything that an iterator of the SDK gives."""
        return list(iterator)

    async def pause(self, seconds):
        time.sleep(seconds)

    def config(self, **fields):
        """The environment's configuration with some fields changed."""
        known = {"api_key": os.environ["DAYTONA_API_KEY"], "api_url": os.environ["DAYTONA_API_URL"], "target": "us"}
        return DaytonaConfig(**{**known, **fields})

    @contextlib.asynccontextmanager
    async def opened(self, config):
        """A client of the same flavour with another configuration."""
        yield Daytona(config)

    @contextlib.asynccontextmanager
    async def sandbox(self, params=None, **fields):
        """A sandbox of this check's own, deleted afterwards whatever happens."""
        if params is None:
            params = CreateSandboxFromSnapshotParams(**fields)
        sandbox = await self.of(self.client.create(params, timeout=60))
        try:
            yield sandbox
        finally:
            await self.discard(sandbox)

    async def discard(self, sandbox):
        """Deletes a sandbox that may be gone, or on its way from one state to the next."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return await self.of(sandbox.delete())
            except Exception as error:
                status = getattr(error, "status_code", None)
                if status == 404:
                    return None
                if status != 409 or time.monotonic() > deadline:
                    raise
            await self.pause(0.1)

    async def raises(self, kind, action, text="", status=None):
        """The exception that `action` must raise: of this class, or of a finer one below it."""
        try:
            result = await self.of(action())
        except Exception as error:
            right = type(error) is kind if status == 501 else isinstance(error, kind)
            named = f"{type(error).__name__}({getattr(error, 'status_code', None)}): {error}"
            assert right, f"{kind.__name__} is due, got {named}"
            assert text in str(error), f"{text!r} is due, got {named}"
            assert status is None or error.status_code == status, f"status {status} is due, got {named}"
            return error
        if hasattr(result, "toolbox_proxy_url"):
            await self.discard(result)
        raise AssertionError(f"{kind.__name__} is due, got {result!r}")

    async def until(self, condition, what, seconds=15):
        """Waits until `condition()`, awaited, is true; gives what it gave."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            outcome = await condition()
            if outcome:
                return outcome
            await self.pause(0.03)
        raise AssertionError(f"not within {seconds} s: {what}")


class AsyncFlavour(Flavour):
    is_async = True
    suffix = "_async"

    async def of(self, value):
        return await value if inspect.isawaitable(value) else value

    async def items(self, iterator):
        return [item async for item in iterator]

    async def pause(self, seconds):
        await asyncio.sleep(seconds)

    @contextlib.asynccontextmanager
    async def opened(self, config):
        async with AsyncDaytona(config) as client:
            yield client


async def _awaited(value):
    return await value


def check(*needs, flavours=("", "_async"), slow=False):
    """Takes a check in for both flavours, or for the one named; `slow` ones are begun first."""

    def add(function):
        area = function.__module__.removeprefix("checks_")
        _waiting.append((not slow, f"{area}.{function.__name__}", function, needs, flavours))
        return function

    return add


def register():
    """Hands every check that was taken in to the frame."""
    for _, name, function, needs, flavours in sorted(_waiting, key=lambda one: one[:2]):
        for suffix in flavours:
            run = _run_async(function) if suffix else _run_blocking(function)
            frame.check(f"{name}{suffix}", needs)(run)


@functools.cache
def _blocking_client():
    return Daytona()


def _run_blocking(function):
    def run():
        coroutine = function(Flavour(_blocking_client()))
        try:
            coroutine.send(None)
        except StopIteration:
            return
        coroutine.close()
        raise AssertionError("the check awaited something that the blocking SDK has not")

    return run


def _run_async(function):
    async def run():
        async with AsyncDaytona() as client:
            await function(AsyncFlavour(client))

    return run
