"""Starting, stopping, archiving, deleting and changing sandboxes: contract 1.5, 1.6 and 4."""

import asyncio
import threading

from daytona import (
    DaytonaBadRequestError,
    DaytonaNotFoundError,
    DaytonaUnprocessableEntityError,
    Resources,
    SandboxState,
)
from daytona.common.errors import DaytonaConflictError, DaytonaError

from flavours import check


@check(slow=True)
async def stop_and_start(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.process.create_session("gone"))
        await sdk.of(sandbox.process.exec("echo kept > kept.txt; sleep 1000 >/dev/null 2>&1 &"))
        await sdk.of(sandbox.stop())
        assert sandbox.state == SandboxState.STOPPED, sandbox.state
        refused = "Is the Sandbox started?"
        await sdk.raises(DaytonaBadRequestError, lambda: sandbox.process.exec("true"), refused, 400)
        text = "Failed to stop sandbox: Sandbox is not in a stoppable state"
        await sdk.raises(DaytonaBadRequestError, sandbox.stop, text, 400)
        await sdk.of(sandbox.wait_for_sandbox_stop())
        await sdk.of(sandbox.start())
        assert sandbox.state == SandboxState.STARTED, sandbox.state
        assert await sdk.of(sandbox.fs.download_file("kept.txt")) == b"kept\n"
        await sdk.raises(DaytonaNotFoundError, lambda: sandbox.process.get_session("gone"), "", 404)
        # A start of what runs changes nothing.
        await sdk.of(sandbox.start())
        await sdk.of(sandbox.wait_for_sandbox_start())
        assert sandbox.state == SandboxState.STARTED, sandbox.state


@check("isolation")
async def processes_end_with_a_stop(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.process.exec("sleep 4321 >/dev/null 2>&1 &"))
        await sdk.of(sdk.client.stop(sandbox))
        await sdk.of(sdk.client.start(sandbox))
        left = await sdk.of(sandbox.process.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '"))
        assert "sleep 4321" not in left.result, left


@check()
async def forced_stop(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.stop(timeout=30, force=True))
        assert sandbox.state == SandboxState.STOPPED, sandbox.state


@check(slow=True)
async def archive(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.fs.upload_file(b"kept", "kept"))
        text = "Failed to archive sandbox: Sandbox is not stopped"
        await sdk.raises(DaytonaBadRequestError, sandbox.archive, text, 400)
        await sdk.of(sandbox.stop())
        await sdk.of(sandbox.archive())
        assert sandbox.state in (SandboxState.ARCHIVING, SandboxState.ARCHIVED), sandbox.state

        async def archived():
            await sdk.of(sandbox.refresh_data())
            return sandbox.state == SandboxState.ARCHIVED

        await sdk.until(archived, "the sandbox is archived")
        text = "Sandbox is not in a stoppable state"
        await sdk.raises(DaytonaBadRequestError, sandbox.stop, text, 400)
        await sdk.of(sandbox.start())
        assert sandbox.state == SandboxState.STARTED, sandbox.state
        assert await sdk.of(sandbox.fs.download_file("kept")) == b"kept"


@check(slow=True)
async def delete(sdk):
    async with sdk.sandbox() as sandbox:
        name = sandbox.name
        await sdk.of(sandbox.delete())
        # The name is free at once, while the id may answer until the sandbox is destroyed.
        if sandbox.state == SandboxState.DESTROYING:
            assert sandbox.name.startswith(f"DESTROYED_{name}_"), sandbox.name

        async def gone():
            try:
                await sdk.of(sandbox.refresh_data())
            except DaytonaNotFoundError as error:
                return str(error)
            return sandbox.state == SandboxState.DESTROYED and None

        said = await sdk.until(gone, "the sandbox is gone")
        assert said == f"Failed to refresh sandbox data: Sandbox with ID or name {sandbox.id} not found", said
        text = f"Failed to get sandbox: Sandbox with ID or name {sandbox.id} not found"
        await sdk.raises(DaytonaNotFoundError, lambda: sdk.client.get(sandbox.id), text, 404)
        await sdk.raises(DaytonaNotFoundError, sandbox.delete, "Failed to remove sandbox: ", 404)
        await sdk.raises(DaytonaNotFoundError, sandbox.start, "Failed to start sandbox: ", 404)


@check(slow=True)
async def delete_and_wait(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sdk.client.delete(sandbox, timeout=30, wait=True))
        assert sandbox.state == SandboxState.DESTROYED, sandbox.state
        await sdk.raises(DaytonaNotFoundError, lambda: sdk.client.get(sandbox.id), "", 404)


@check()
async def delete_of_a_stopped_one(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.stop())
        await sdk.of(sandbox.delete(wait=True))
        assert sandbox.state == SandboxState.DESTROYED, sandbox.state


@check()
async def two_stops_at_once(sdk):
    async with sdk.sandbox() as sandbox:
        twin = await sdk.of(sdk.client.get(sandbox.id))
        outcomes = await _together(sdk, sandbox.stop, twin.stop)
        errors = [outcome for outcome in outcomes if outcome is not None]
        assert len(errors) <= 1, outcomes
        for error in errors:
            # 409 while the first is under way, 400 after it.
            assert isinstance(error, (DaytonaConflictError, DaytonaBadRequestError)), repr(error)
            assert error.status_code in (400, 409), repr(error)
        assert (await sdk.of(sdk.client.get(sandbox.id))).state == SandboxState.STOPPED


async def _together(sdk, *actions):
    if sdk.is_async:
        return await asyncio.gather(*(action() for action in actions), return_exceptions=True)
    outcomes = [None] * len(actions)

    def run(place, action):
        try:
            action()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@check(slow=True)
async def resize(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.resize(Resources(cpu=2, memory=2)))
        await sdk.of(sandbox.wait_for_resize_complete())
        assert (sandbox.cpu, sandbox.memory, sandbox.state) == (2, 2, SandboxState.STARTED), sandbox
        resize = sandbox.resize
        text = "Failed to resize sandbox: Disk resize can only be performed on a stopped sandbox"
        await sdk.raises(DaytonaBadRequestError, lambda: resize(Resources(disk=5)), text, 400)
        text = "No resource changes specified"
        await sdk.raises(DaytonaBadRequestError, lambda: resize(Resources()), text, 400)
        await sdk.raises(DaytonaError, lambda: resize(Resources(cpu=0)), "greater than or equal to 1")
        await sdk.raises(DaytonaBadRequestError, lambda: resize(Resources(gpu=1)), "does not support changes to gpu")
        await sdk.of(sandbox.stop())
        await sdk.of(resize(Resources(disk=5)))
        assert (sandbox.disk, sandbox.state) == (5, SandboxState.STOPPED), sandbox
        text = "Sandbox disk size cannot be decreased"
        await sdk.raises(DaytonaBadRequestError, lambda: resize(Resources(disk=4)), text, 400)


@check()
async def recover(sdk):
    async with sdk.sandbox() as sandbox:
        text = "Failed to recover sandbox: Sandbox is not in a recoverable state"
        await sdk.raises(DaytonaBadRequestError, sandbox.recover, text, 400)


@check()
async def only_machines_pause_and_fork(sdk):
    async with sdk.sandbox() as sandbox:
        kind = DaytonaUnprocessableEntityError
        await sdk.raises(kind, sandbox.pause, "Pausing is not supported for this sandbox", 422)
        for fork in (sandbox.fork, sandbox._experimental_fork):
            await sdk.raises(kind, fork, "Forking is not supported for this sandbox", 422)


@check()
async def unknown_sandbox(sdk):
    text = "Failed to get sandbox: Sandbox with ID or name none not found"
    error = await sdk.raises(DaytonaNotFoundError, lambda: sdk.client.get("none"), text, 404)
    assert str(error) == text and error.headers, error
    await sdk.raises(DaytonaBadRequestError, lambda: sdk.client.get(""), "sandbox_id_or_name is required")


@check()
async def labels(sdk):
    async with sdk.sandbox(labels={"old": "1"}) as sandbox:
        wanted = {"team": "b", "code-toolbox-language": "python"}
        assert await sdk.of(sandbox.set_labels(wanted)) == wanted
        found = await sdk.of(sdk.client.get(sandbox.id))
        assert found.labels == wanted == sandbox.labels, found.labels


@check()
async def intervals(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.set_autostop_interval(30))
        await sdk.of(sandbox.set_auto_archive_interval(60))
        await sdk.of(sandbox.set_auto_delete_interval(90))
        found = await sdk.of(sdk.client.get(sandbox.id))
        seen = (found.auto_stop_interval, found.auto_archive_interval, found.auto_delete_interval)
        assert seen == (30, 60, 90), seen
        await sdk.of(sandbox.set_autostop_interval(0))
        # 0 means the longest, and what is longer is cut to it.
        await sdk.of(sandbox.set_auto_archive_interval(0))
        await sdk.of(sandbox.set_auto_delete_interval(-1))
        await sdk.of(sandbox.refresh_data())
        seen = (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval)
        assert seen == (0, 43200, -1), seen
        await sdk.of(sandbox.set_auto_archive_interval(1_000_000))
        await sdk.of(sandbox.refresh_data())
        assert sandbox.auto_archive_interval == 43200, sandbox.auto_archive_interval
        negative = "must be a non-negative integer"
        await sdk.raises(DaytonaBadRequestError, lambda: sandbox.set_autostop_interval(-1), negative)
        await sdk.raises(DaytonaBadRequestError, lambda: sandbox.set_auto_archive_interval(-1), negative)


@check()
async def time_to_live(sdk):
    async with sdk.sandbox(ttl_minutes=30) as sandbox:
        assert sandbox.auto_destroy_at, sandbox
        await sdk.of(sandbox.set_ttl(60))
        later = (await sdk.of(sdk.client.get(sandbox.id))).auto_destroy_at
        assert later > sandbox.auto_destroy_at, (later, sandbox.auto_destroy_at)
        await sdk.of(sandbox.set_ttl(0))
        assert (await sdk.of(sdk.client.get(sandbox.id))).auto_destroy_at is None
        negative = "TTL must be a non-negative integer"
        await sdk.raises(DaytonaBadRequestError, lambda: sandbox.set_ttl(-1), negative)


@check()
async def auto_pause(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.set_auto_pause_interval(0))
        # Only virtual machines pause.
        text = "Failed to set auto-pause interval: Pausing is not supported for this sandbox"
        pausing = lambda: sandbox.set_auto_pause_interval(5)  # noqa: E731
        await sdk.raises(DaytonaUnprocessableEntityError, pausing, text, 422)


@check()
async def network_settings(sdk):
    async with sdk.sandbox(network_allow_list="10.0.0.0/8", domain_allow_list="a.example.com") as sandbox:
        assert sandbox.network_allow_list == "10.0.0.0/8", sandbox.network_allow_list
        change = sandbox.update_network_settings
        await sdk.of(change(network_block_all=True, network_allow_list="192.168.0.0/16,10.0.0.0/8"))
        found = await sdk.of(sdk.client.get(sandbox.id))
        seen = (found.network_block_all, found.network_allow_list, found.domain_allow_list)
        assert seen == (True, "192.168.0.0/16,10.0.0.0/8", "a.example.com"), seen
        await sdk.of(change(domain_allow_list="*.example.com"))
        assert sandbox.domain_allow_list == "*.example.com", sandbox.domain_allow_list
        text = 'Failed to update network settings: Invalid IP address: "ten" in network "ten/8"'
        await sdk.raises(DaytonaBadRequestError, lambda: change(network_allow_list="ten/8"), text, 400)
        await sdk.raises(DaytonaBadRequestError, change, "At least one of network_block_all")


@check("isolation")
async def metrics(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.process.exec("head -c 5000000 /dev/zero > large; sleep 60 >/dev/null 2>&1 &"))
        latest = await sdk.of(sandbox.get_metrics_latest())
        assert latest.cpu_count == 1 and latest.cpu_used_pct >= 0, latest
        assert 5_000_000 <= latest.disk_used <= latest.disk_total, latest
        assert 0 < latest.mem_used, latest
        assert latest.timestamp.year >= 2025, latest


@check()
async def public(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.set_public(True))
        assert (await sdk.of(sdk.client.get(sandbox.id))).public is True
        await sdk.of(sandbox.set_public(False))
        assert (await sdk.of(sdk.client.get(sandbox.id))).public is False


@check()
async def activity(sdk):
    async with sdk.sandbox() as sandbox:
        before = (await sdk.of(sdk.client.get(sandbox.id))).last_activity_at
        await sdk.pause(0.02)
        await sdk.of(sandbox.refresh_activity())
        after = (await sdk.of(sdk.client.get(sandbox.id))).last_activity_at
        assert before < after, (before, after)
        await sdk.of(sandbox.delete(wait=True))
        text = "Failed to refresh sandbox activity: "
        await sdk.raises(DaytonaNotFoundError, sandbox.refresh_activity, text, 404)


@check()
async def changes_of_a_deleted_one(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.delete(wait=True))
        for action, prefix in (
            (lambda: sandbox.stop(), "Failed to stop sandbox: "),
            (lambda: sandbox.archive(), "Failed to archive sandbox: "),
            (lambda: sandbox.set_labels({}), "Failed to set labels: "),
            (lambda: sandbox.set_autostop_interval(1), "Failed to set auto-stop interval: "),
            (lambda: sandbox.set_auto_delete_interval(1), "Failed to set auto-delete interval: "),
            (lambda: sandbox.set_public(True), "Failed to set public status: "),
            (lambda: sandbox.get_preview_link(3000), "Failed to get preview link: "),
        ):
            await sdk.raises(DaytonaNotFoundError, action, prefix, 404)


@check()
async def unsettled_values(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.raises(DaytonaError, lambda: sandbox.stop(timeout=-1), "Timeout must be a non-negative number")
        await sdk.raises(DaytonaError, lambda: sandbox.start(timeout=-1), "Timeout must be a non-negative number")
