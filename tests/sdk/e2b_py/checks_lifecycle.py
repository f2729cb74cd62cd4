"""Sandboxes: made, found, listed, extended, reached, ended."""

import datetime
import http.client
import os
import uuid

import e2b
from e2b import (
    E2B,
    AuthenticationException,
    InvalidArgumentException,
    SandboxException,
    SandboxNotFoundException,
    SandboxQuery,
    SandboxState,
    TemplateException,
)
from e2b.exceptions import SandboxNotRunningException

from frame import auntil, equal
from kit import twin


def seconds_left(info):
    return (info.end_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


@twin("lifecycle.create")
async def create(kit):
    async with kit.sandbox(timeout=120, envs={"A": "1"}, metadata={"k": "v", "a/b": "c=d&e é"}) as sandbox:
        assert sandbox.sandbox_id and sandbox.sandbox_id.isalnum(), sandbox.sandbox_id
        info = await kit(sandbox.get_info())
        equal(info.sandbox_id, sandbox.sandbox_id)
        equal((info.state, info.metadata), (SandboxState.RUNNING, {"k": "v", "a/b": "c=d&e é"}))
        equal((info.name, info.envd_version), ("base", "0.6.13"))
        assert info.template_id and info.cpu_count >= 1 and info.memory_mb >= 128, info
        assert 100 < (info.end_at - info.started_at).total_seconds() <= 121, info
        equal(sandbox.traffic_access_token, None)
        again = await kit(kit.Sandbox.get_info(sandbox.sandbox_id))
        equal(again, info)
    async with kit.sandbox("base") as sandbox:
        info = await kit(sandbox.get_info())
        equal((info.metadata, info.name), ({}, "base"))
        assert 250 < seconds_left(info) <= 301, "300 s unless told otherwise"


@twin("lifecycle.create_options")
async def create_options(kit):
    async with kit.sandbox(secure=True, allow_internet_access=False,
                           lifecycle={"on_timeout": "pause", "auto_resume": True}) as sandbox:
        info = await kit(sandbox.get_info())
        equal(info.allow_internet_access, False)
        equal((info.lifecycle["on_timeout"], info.lifecycle["auto_resume"]), ("pause", True))
    async with kit.sandbox() as sandbox:
        info = await kit(sandbox.get_info())
        equal(info.allow_internet_access, None)
        equal((info.lifecycle["on_timeout"], info.lifecycle["auto_resume"]), ("kill", False))


@twin("lifecycle.create_refused")
async def create_refused(kit):
    create = kit.Sandbox.create
    await kit.raises(SandboxException, lambda: create("no-such-template"),
                     exact="404: template 'no-such-template' not found")
    await kit.raises(SandboxException, lambda: create(timeout=0),
                     exact="400: Timeout must be greater than 0")
    await kit.raises(SandboxException, lambda: create(timeout=-1), "400: ")
    await kit.raises(SandboxException, lambda: create(timeout=1_000_000_000),
                     "400: Timeout cannot be greater than ")
    await kit.raises(InvalidArgumentException, lambda: create(idempotency_key="Not Allowed"))


@twin("lifecycle.idempotency_key")
async def idempotency_key(kit):
    key = str(uuid.uuid4())
    async with kit.sandbox(idempotency_key=key) as sandbox:
        assert await kit(sandbox.is_running())
        other = await kit(kit.Sandbox.create(idempotency_key=key, timeout=300))
        equal(other.sandbox_id, sandbox.sandbox_id, "asked for again, not made again")


@twin("lifecycle.kill")
async def kill(kit):
    async with kit.sandbox() as sandbox:
        equal(await kit(sandbox.is_running()), True)
        equal(await kit(sandbox.kill()), True)
        equal(await kit(sandbox.is_running()), False)
        equal(await kit(sandbox.kill()), False)
        equal(await kit(kit.Sandbox.kill(sandbox.sandbox_id)), False)
    async with kit.sandbox() as sandbox:
        equal(await kit(kit.Sandbox.kill(sandbox.sandbox_id)), True, "by its id")
    equal(await kit(kit.Sandbox.kill("i" + "0" * 20)), False)


@twin("lifecycle.context")
async def context(kit):
    made = await kit(kit.Sandbox.create(timeout=60))
    if kit.is_async:
        async with made as sandbox:
            equal(await sandbox.is_running(), True)
    else:
        with made as sandbox:
            equal(sandbox.is_running(), True)
    equal(await kit(made.is_running()), False, "leaving the block kills it")


@twin("lifecycle.connect")
async def connect(kit):
    async with kit.sandbox(timeout=600) as sandbox:
        await kit(sandbox.files.write("/tmp/mark", "here"))
        before = (await kit(sandbox.get_info())).end_at
        other = await kit(kit.Sandbox.connect(sandbox.sandbox_id, timeout=60))
        equal(other.sandbox_id, sandbox.sandbox_id)
        equal(await kit(other.files.read("/tmp/mark")), "here")
        equal((await kit(other.get_info())).end_at, before, "connect never shortens")
        same = await kit(sandbox.connect(timeout=1200))
        equal(same.sandbox_id, sandbox.sandbox_id)
        longer = (await kit(sandbox.get_info())).end_at
        assert (longer - before).total_seconds() > 400, (before, longer)
        await kit(kit.Sandbox.connect(sandbox.sandbox_id))


@twin("lifecycle.set_timeout")
async def set_timeout(kit):
    async with kit.sandbox(timeout=60) as sandbox:
        equal(await kit(sandbox.set_timeout(600)), None)
        assert 500 < seconds_left(await kit(sandbox.get_info())) <= 601
        await kit(kit.Sandbox.set_timeout(sandbox.sandbox_id, 30))
        assert seconds_left(await kit(sandbox.get_info())) <= 31, "it may be shortened"
        await kit(sandbox.set_timeout(10_000_000))
        assert seconds_left(await kit(sandbox.get_info())) <= 86_401, "the plan's limit holds"
        await kit.raises(SandboxException, lambda: sandbox.set_timeout(-1), "400: ")
        await kit(sandbox.set_timeout(0))

        async def ended():
            return not await kit(sandbox.is_running())

        await auntil(ended, "a lifetime of 0 ends it")
        equal(await kit(sandbox.kill()), False)


@twin("lifecycle.expiry")
async def expiry(kit):
    async with kit.sandbox(timeout=1) as sandbox:
        async def ended():
            return not await kit(sandbox.is_running())

        await auntil(ended, "its time comes")
        await kit.raises(SandboxNotRunningException, lambda: sandbox.commands.run("true"))


@twin("lifecycle.list")
async def listing(kit):
    mark = uuid.uuid4().hex
    made = []
    try:
        for n in range(5):
            made.append(await kit(kit.Sandbox.create(timeout=120, metadata={"mark": mark, "n": f"{n} %&=é"})))
        ids = [it.sandbox_id for it in made]

        async def listed(limit=None, order=None, **query):
            query.setdefault("metadata", {"mark": mark})
            paginator = kit.Sandbox.list(query=SandboxQuery(**query), limit=limit, order=order)
            assert paginator.has_next and paginator.next_token is None
            pages = await kit.pages(paginator)
            return [[it.sandbox_id for it in page] for page in pages]

        equal(await listed(), [ids[::-1]], "newest first")
        equal(await listed(order="asc"), [ids])
        equal(await listed(limit=2), [ids[4:2:-1], ids[2:0:-1], ids[:1]])
        equal(await listed(limit=2, order="asc"), [ids[:2], ids[2:4], ids[4:]])
        equal(await listed(metadata={"mark": mark, "n": "3 %&=é"}), [[ids[3]]])
        equal(await listed(metadata={"mark": mark, "n": "9"}), [[]])
        equal(await listed(state=[SandboxState.PAUSED]), [[]])
        equal(await listed(state=[SandboxState.RUNNING, SandboxState.PAUSED]), [ids[::-1]])
        info = await kit(made[2].get_info())
        after = await listed(started_after=info.started_at, order="asc")
        assert after[0][-2:] == ids[3:] and ids[1] not in after[0], after
        equal(await listed(template="base"), [ids[::-1]])
        await kit(made[4].kill())
        equal(await listed(), [ids[3::-1]], "what was killed is not listed")
        paginator = kit.Sandbox.list(query=SandboxQuery(metadata={"mark": mark}), limit=1)
        item = (await kit(paginator.next_items()))[0]
        equal((item.sandbox_id, item.state, item.metadata["mark"]), (ids[3], SandboxState.RUNNING, mark))
        resumed = kit.Sandbox.list(query=SandboxQuery(metadata={"mark": mark}), limit=1,
                                   next_token=paginator.next_token)
        equal([it.sandbox_id for it in await kit(resumed.next_items())], [ids[2]])
    finally:
        for sandbox in made:
            await kit(sandbox.kill())


@twin("lifecycle.list_refused")
async def list_refused(kit):
    bad = kit.Sandbox.list(next_token="not a token")
    await kit.raises(SandboxException, bad.next_items, exact="400: Invalid next token")
    await kit.raises(SandboxException, kit.Sandbox.list(limit=101).next_items, "400: ")
    await kit.raises(InvalidArgumentException, kit.Sandbox.list(order="up").next_items, "Invalid order")
    paginator = kit.Sandbox.list(query=SandboxQuery(metadata={"none": uuid.uuid4().hex}))
    equal(await kit(paginator.next_items()), [])
    equal(paginator.has_next, False)
    await kit.raises(Exception, paginator.next_items, exact="No more items to fetch")


@twin("lifecycle.unknown")
async def unknown(kit):
    nobody = "i" + "0" * 20
    text = f"Sandbox {nobody} not found"
    calls = {
        "get_info": lambda: kit.Sandbox.get_info(nobody),
        "set_timeout": lambda: kit.Sandbox.set_timeout(nobody, 5),
        "get_metrics": lambda: kit.Sandbox.get_metrics(nobody),
        "pause": lambda: kit.Sandbox.pause(nobody),
        "create_snapshot": lambda: kit.Sandbox.create_snapshot(nobody),
        "update_network": lambda: kit.Sandbox.update_network(nobody, {}),
    }
    for call in calls.values():
        await kit.raises(SandboxNotFoundException, call, exact=text)
    await kit.raises(SandboxNotFoundException, lambda: kit.Sandbox.connect(nobody),
                     exact=f"Paused sandbox {nobody} not found")
    await kit.raises(SandboxNotFoundException, lambda: kit.Sandbox.fork(nobody), nobody)


@twin("lifecycle.client")
async def client(kit):
    key = os.environ["E2B_API_KEY"]
    bound = E2B(api_key=key)
    face = bound.AsyncSandbox if kit.is_async else bound.Sandbox
    assert issubclass(face, kit.Sandbox)
    sandbox = await kit(face.create(timeout=60))
    try:
        equal(await kit.text(sandbox, "echo bound"), "bound\n")
    finally:
        await kit(sandbox.kill())
    other = E2B(api_key="e2b_" + "0" * 40)
    face = other.AsyncSandbox if kit.is_async else other.Sandbox
    await kit.raises(AuthenticationException, lambda: face.create(timeout=60), "401: Unauthorized")


@twin("lifecycle.hosts")
async def hosts(kit):
    async with kit.sandbox() as sandbox:
        domain = os.environ.get("E2B_DOMAIN", "e2b.app")
        equal(sandbox.get_host(3000), f"3000-{sandbox.sandbox_id}.{domain}")
        equal(sandbox.sandbox_domain, domain)
        equal(sandbox.get_mcp_url(), f"https://50005-{sandbox.sandbox_id}.{domain}/mcp")
        base = e2b.ConnectionConfig().get_sandbox_url(sandbox.sandbox_id, domain)
        equal(sandbox.envd_api_url, base)
        equal(sandbox.envd_direct_url, base)


async def reach(sandbox, path, headers=None):
    """Asks a port of the sandbox as a browser would, by its host; status and body."""
    address = os.environ["E2B_SANDBOX_URL"].removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("GET", path, headers={"Host": sandbox.get_host(8123), **(headers or {})})
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    return reply.status, body


@twin("lifecycle.ports", needs=("isolation", "python3"))
async def ports(kit):
    async with kit.sandbox(network={"allow_public_traffic": False}) as sandbox:
        await kit(sandbox.files.write("site/page", "served"))
        token = {"e2b-traffic-access-token": sandbox.traffic_access_token}
        status, body = await reach(sandbox, "/page", token)
        assert status == 502 and "The sandbox is running but port is not open" in body, (status, body)
        await kit(sandbox.commands.run("exec python3 -m http.server 8123", cwd="site", background=True, timeout=0))

        async def served():
            return await reach(sandbox, "/page", token) == (200, "served")

        await auntil(served, "a port inside is reached by its host")
        for headers in ({}, {"e2b-traffic-access-token": "wrong"}):
            status, body = await reach(sandbox, "/page", headers)
            assert status == 403 and "Sandbox is secured with traffic access token" in body, (status, body)


@twin("lifecycle.mcp_token", needs=("isolation",))
async def mcp_token(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.files.write("/etc/mcp-gateway/.token", "secret", user="root"))
        equal(await kit(sandbox.get_mcp_token()), "secret", "a file that the gateway leaves")


@twin("lifecycle.templates")
async def templates(kit):
    for exists in (kit.Template.exists, kit.Template.alias_exists):
        equal([await kit(exists(name)) for name in ("base", "no-such-template")], [True, False])
    tags = await kit(kit.Template.get_tags("base"))
    equal([tag.tag for tag in tags], ["default"])
    await kit.raises(TemplateException, lambda: kit.Template.get_tags("no-such-template"), "404: ")
