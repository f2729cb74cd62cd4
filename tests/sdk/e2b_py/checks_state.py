"""What outlives a moment: pause and resume, snapshots, forks, networks, metrics."""

import datetime
import uuid

from e2b import (
    ALL_TRAFFIC,
    CommandExitException,
    InvalidArgumentException,
    SandboxException,
    SandboxNotFoundException,
    SandboxQuery,
    SandboxState,
)
from e2b.exceptions import SandboxNotRunningException

from frame import auntil, equal
from kit import twin


@twin("state.pause")
async def pause(kit):
    mark = uuid.uuid4().hex
    async with kit.sandbox(metadata={"mark": mark}) as sandbox:
        await kit(sandbox.files.write("/tmp/kept", "kept"))
        equal(await kit(sandbox.pause()), True)
        equal(await kit(sandbox.pause()), False, "it is paused already")
        equal(await kit(sandbox.beta_pause()), False)
        equal(await kit(sandbox.is_running()), False)
        await kit.raises(SandboxNotRunningException, lambda: sandbox.commands.run("true"), "was not found")
        await kit.raises(SandboxNotFoundException, lambda: sandbox.set_timeout(60),
                         exact=f"Sandbox {sandbox.sandbox_id} not found")
        info = await kit(sandbox.get_info())
        equal((info.state, info.sandbox_id), (SandboxState.PAUSED, sandbox.sandbox_id))
        query = SandboxQuery(metadata={"mark": mark}, state=[SandboxState.PAUSED])
        listed = (await kit.pages(kit.Sandbox.list(query=query)))[0]
        equal([(it.sandbox_id, it.state) for it in listed], [(sandbox.sandbox_id, SandboxState.PAUSED)])
        same = await kit(sandbox.connect(timeout=120))
        equal(same.sandbox_id, sandbox.sandbox_id)
        equal(await kit(sandbox.files.read("/tmp/kept")), "kept")
        info = await kit(sandbox.get_info())
        equal(info.state, SandboxState.RUNNING)
        left = (info.end_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        assert 60 < left <= 121, left


@twin("state.pause_by_id")
async def pause_by_id(kit):
    async with kit.sandbox() as sandbox:
        equal(await kit(kit.Sandbox.pause(sandbox.sandbox_id)), True)
        other = await kit(kit.Sandbox.connect(sandbox.sandbox_id, timeout=60))
        equal(await kit.text(other, "echo resumed"), "resumed\n")
        equal(await kit(sandbox.beta_pause()), True)
        equal(await kit(sandbox.kill()), True, "a paused one can be killed")
        equal(await kit(sandbox.kill()), False)


@twin("state.pause_keeps_memory", needs=("isolation",))
async def pause_keeps_memory(kit):
    async with kit.sandbox(envs={"E": "survives"}) as sandbox:
        handle = await kit(sandbox.commands.run("read x; echo $x >/tmp/answer", background=True,
                                                stdin=True, timeout=0))
        equal(await kit(sandbox.pause()), True)
        await kit(sandbox.connect(timeout=120))
        listed = [it.pid for it in await kit(sandbox.commands.list())]
        equal(listed, [handle.pid], "the process is still there")
        await kit(sandbox.commands.send_stdin(handle.pid, "42\n"))
        await auntil(lambda: kit(sandbox.files.exists("/tmp/answer")), "it goes on")
        equal(await kit.text(sandbox, "echo $E"), "survives\n")


@twin("state.pause_filesystem", needs=("isolation",))
async def pause_filesystem(kit):
    async with kit.sandbox(envs={"E": "gone"}) as sandbox:
        await kit(sandbox.commands.run("exec sleep 300", background=True, timeout=0))
        await kit(sandbox.files.write("kept", "kept"))
        equal(await kit(sandbox.pause(mode="filesystem")), True)
        await kit(sandbox.connect(timeout=120))
        equal(await kit(sandbox.commands.list()), [], "a cold boot has no processes")
        equal(await kit(sandbox.files.read("kept")), "kept")
        equal(await kit.text(sandbox, 'echo "${E-none}"'), "none\n", "variables of the create are gone")


@twin("state.reboot", needs=("isolation",))
async def reboot(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.commands.run("exec sleep 300", background=True, timeout=0))
        await kit(sandbox.pause())
        await kit(sandbox.connect(timeout=120, on_resume="reboot"))
        equal(await kit(sandbox.commands.list()), [])


@twin("state.auto_pause")
async def auto_pause(kit):
    async with kit.sandbox(timeout=1, lifecycle={"on_timeout": "pause"}) as sandbox:
        await auntil(lambda: _state(kit, sandbox, SandboxState.PAUSED), "its time comes")
        await kit(sandbox.connect(timeout=60))
        equal(await kit.text(sandbox, "echo back"), "back\n")


async def _state(kit, sandbox, state):
    return (await kit(sandbox.get_info())).state == state


@twin("state.auto_resume")
async def auto_resume(kit):
    lifecycle = {"on_timeout": "pause", "auto_resume": True}
    async with kit.sandbox(timeout=300, lifecycle=lifecycle) as sandbox:
        await kit(sandbox.files.write("/tmp/x", "1"))
        await kit(sandbox.pause())
        equal(await kit(sandbox.files.read("/tmp/x")), "1", "traffic resumes it")
        equal((await kit(sandbox.get_info())).state, SandboxState.RUNNING)


@twin("state.snapshot")
async def snapshot(kit):
    name = f"snap-{uuid.uuid4().hex[:12]}"
    async with kit.sandbox() as sandbox:
        await kit(sandbox.files.write("data", "of the snapshot"))
        taken = await kit(sandbox.create_snapshot(name))
        plain = await kit(kit.Sandbox.create_snapshot(sandbox.sandbox_id))
        try:
            assert any(name in it for it in taken.names), taken
            assert taken.snapshot_id != plain.snapshot_id
            equal((await kit(sandbox.get_info())).state, SandboxState.RUNNING)
            await kit(sandbox.files.write("data", "later"))
            async with kit.sandbox(taken.snapshot_id) as child:
                equal(await kit(child.files.read("data")), "of the snapshot")
                await kit(child.files.write("data", "of the child"))
            equal(await kit(sandbox.files.read("data")), "later")
            listed = (await kit.pages(sandbox.list_snapshots()))[0]
            equal({it.snapshot_id for it in listed}, {taken.snapshot_id, plain.snapshot_id})
            pages = await kit.pages(kit.Sandbox.list_snapshots(sandbox_id=sandbox.sandbox_id, limit=1))
            equal([len(page) for page in pages], [1, 1])
            named = await kit.pages(kit.Sandbox.list_snapshots(name=name))
            equal([it.snapshot_id for page in named for it in page], [taken.snapshot_id])
        finally:
            equal(await kit(kit.Sandbox.delete_snapshot(taken.snapshot_id)), True)
            equal(await kit(kit.Sandbox.delete_snapshot(plain.snapshot_id)), True)
        equal(await kit(kit.Sandbox.delete_snapshot(taken.snapshot_id)), False)
        await kit.raises(SandboxException, lambda: kit.Sandbox.create(taken.snapshot_id), "404: ")
        equal(await kit.pages(sandbox.list_snapshots()), [[]])


@twin("state.snapshot_outlives")
async def snapshot_outlives(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.files.write("data", "1"))
        taken = await kit(sandbox.create_snapshot())
    try:
        async with kit.sandbox(taken.snapshot_id) as child:
            equal(await kit(child.files.read("data")), "1", "the sandbox is gone, its snapshot is not")
    finally:
        equal(await kit(kit.Sandbox.delete_snapshot(taken.snapshot_id)), True)


@twin("state.fork")
async def fork(kit):
    async with kit.sandbox(timeout=300) as sandbox:
        await kit(sandbox.files.write("data", "parent"))
        forks = await kit(sandbox.fork(count=2, timeout=60))
        forks += await kit(kit.Sandbox.fork(sandbox.sandbox_id, timeout=60))
        try:
            equal([type(it) for it in forks], [kit.Sandbox] * 3, f"{forks}")
            equal(len({it.sandbox_id for it in [sandbox, *forks]}), 4)
            await kit(forks[0].files.write("data", "fork"))
            equal([await kit(it.files.read("data")) for it in [sandbox, *forks]],
                  ["parent", "fork", "parent", "parent"])
            left = (await kit(forks[0].get_info())).end_at - datetime.datetime.now(datetime.timezone.utc)
            assert left.total_seconds() <= 61, left
            equal(await kit(sandbox.is_running()), True)
        finally:
            for it in forks:
                if isinstance(it, kit.Sandbox):
                    await kit(it.kill())
        await kit.raises(InvalidArgumentException, lambda: sandbox.fork(count=101), "count must be an integer")


@twin("state.network")
async def network(kit):
    rules = {"api.example.com": [{"transform": {"headers": {"X-Test": "1"}}}]}
    given = {"allow_out": ["1.1.1.1", "10.0.0.0/8", "api.example.com"], "deny_out": [ALL_TRAFFIC],
             "rules": rules, "mask_request_host": "localhost:${PORT}"}
    async with kit.sandbox(network=given) as sandbox:
        info = (await kit(sandbox.get_info())).network
        equal(info["allow_out"], ["1.1.1.1", "10.0.0.0/8", "api.example.com"])
        equal(info["deny_out"], ["0.0.0.0/0"])
        equal(info["rules"], rules)
        equal(info["mask_request_host"], "localhost:${PORT}")
        equal(await kit(sandbox.update_network({"deny_out": ["8.8.8.8"]})), None)
        info = (await kit(sandbox.get_info())).network
        equal((info.get("allow_out") or [], info["deny_out"], info.get("rules") or {}), ([], ["8.8.8.8"], {}),
              "what is left out is cleared")
        await kit(kit.Sandbox.update_network(sandbox.sandbox_id, {"allow_internet_access": False}))
        await kit.raises(SandboxException, lambda: sandbox.update_network({"deny_out": ["example.com"]}), "400: ")
        await kit.raises(SandboxException, lambda: sandbox.update_network({"allow_out": ["example.com"]}),
                         "400: When specifying allowed domains in allow out, you must include 'ALL_TRAFFIC' in deny out")


@twin("state.traffic_token")
async def traffic_token(kit):
    async with kit.sandbox(network={"allow_public_traffic": False}) as sandbox:
        assert sandbox.traffic_access_token, "set when public traffic is off"
        equal(await kit.text(sandbox, "echo works"), "works\n")


@twin("state.metrics")
async def metrics(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.files.write("blob", b"x" * 2_000_000))

        async def measured():
            return await kit(sandbox.get_metrics())

        one = (await auntil(measured, "a measurement is there"))[-1]
        assert one.cpu_count >= 1 and one.cpu_used_pct >= 0, one
        assert 0 < one.mem_total and 0 <= one.mem_used <= one.mem_total, one
        assert 0 < one.disk_used <= one.disk_total, one
        assert abs((one.timestamp - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) < 600
        old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)
        equal(await kit(kit.Sandbox.get_metrics(sandbox.sandbox_id, start=old,
                                                end=old + datetime.timedelta(hours=1))), [])


@twin("state.fork_is_apart", needs=("isolation",))
async def fork_is_apart(kit):
    async with kit.sandbox() as sandbox:
        forks = await kit(sandbox.fork(timeout=60))
        try:
            await kit(forks[0].commands.run("echo fork >/tmp/only-here"))
            equal(await kit(sandbox.files.exists("/tmp/only-here")), False)
            await kit.raises(CommandExitException, lambda: sandbox.commands.run("cat /tmp/only-here"))
        finally:
            await kit(forks[0].kill())
