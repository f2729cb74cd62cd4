"""One text for the SDK's two faces: `Sandbox` and `AsyncSandbox`.

The two have the same names and give the same values; only the async one wants `await`. A check that
`twin` registers is written once, is called `sync.area.what` and `async.area.what`, and passes every
call of the SDK through its kit: `await kit(sandbox.commands.run("true"))`.
"""

import contextlib
import inspect

import e2b

from frame import check, raises, araises


class Kit:
    def __init__(self, name, sandbox, template, volume, secret):
        self.name = name
        self.is_async = name == "async"
        self.Sandbox, self.Template = sandbox, template
        self.Volume, self.Secret = volume, secret

    async def __call__(self, value):
        return await value if inspect.isawaitable(value) else value

    async def raises(self, kind, action, text="", exact=None):
        """`action` is called here; see `frame.raises`."""
        if self.is_async:
            return await araises(kind, _called(action), text, exact)
        return raises(kind, action, text, exact)

    @contextlib.asynccontextmanager
    async def sandbox(self, *args, **options):
        """A sandbox that is killed at the end, whatever happens."""
        options.setdefault("timeout", 300)
        sandbox = await self(self.Sandbox.create(*args, **options))
        try:
            yield sandbox
        finally:
            await self(sandbox.kill())

    async def pages(self, paginator):
        """The pages of a paginator."""
        pages = []
        while paginator.has_next:
            pages.append(await self(paginator.next_items()))
        return pages

    async def text(self, sandbox, command, **options):
        """What a command writes on stdout, which must succeed."""
        return (await self(sandbox.commands.run(command, **options))).stdout


async def _called(action):
    value = action()
    return await value if inspect.isawaitable(value) else value


KITS = (
    Kit("sync", e2b.Sandbox, e2b.Template, e2b.Volume, e2b.Secret),
    Kit("async", e2b.AsyncSandbox, e2b.AsyncTemplate, e2b.AsyncVolume, e2b.AsyncSecret),
)


def twin(name, needs=()):
    """Registers a check for both faces."""

    def register(body):
        for kit in KITS:
            _register(kit, name, needs, body)
        return body

    return register


def _register(kit, name, needs, body):
    @check(f"{kit.name}.{name}", needs)
    async def run():
        await body(kit)
