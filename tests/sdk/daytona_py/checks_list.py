"""Listing with cursor and filters: contract 1.5."""

import contextlib
import datetime
import uuid

from daytona import (
    CreateSandboxFromSnapshotParams,
    DaytonaBadRequestError,
    ListSandboxesQuery,
    SandboxListSortDirection,
    SandboxListSortField,
    SandboxState,
)
from daytona.common.errors import DaytonaError

from flavours import check


async def _query(sdk, **fields):
    return await sdk.items(sdk.client.list(ListSandboxesQuery(**fields)))


@contextlib.asynccontextmanager
async def _three(sdk):
    """Three sandboxes of one label; `a` is public, `b` is of another snapshot, `c` is stopped."""
    family = uuid.uuid4().hex[:10]
    labels = {"family": family}
    params = CreateSandboxFromSnapshotParams
    async with contextlib.AsyncExitStack() as stack:
        a = await stack.enter_async_context(
            sdk.sandbox(params(name=f"{family}-A", labels={**labels, "role": "x"}, public=True))
        )
        b = await stack.enter_async_context(
            sdk.sandbox(params(name=f"{family}-b", labels={**labels, "role": "y"}, snapshot="litellm"))
        )
        c = await stack.enter_async_context(sdk.sandbox(params(name=f"{family}-c", labels={**labels})))
        await sdk.of(c.stop())
        yield family, (a, b, c)


@check(slow=True)
async def filters(sdk):
    async with _three(sdk) as (family, (a, b, c)):
        labels = {"family": family}
        ids = lambda found: {sandbox.id for sandbox in found}  # noqa: E731
        assert ids(await _query(sdk, labels=labels)) == {a.id, b.id, c.id}
        for fields, wanted in (
            ({"labels": {**labels, "role": "y"}}, {b.id}),
            ({"labels": {**labels, "role": "z"}}, set()),
            # Names and ids are told by how they begin, whatever the case.
            ({"name": family}, {a.id, b.id, c.id}),
            ({"name": f"{family}-a"}, {a.id}),
            ({"labels": labels, "id": b.id[:13].upper()}, {b.id}),
            ({"labels": labels, "states": [SandboxState.STOPPED]}, {c.id}),
            ({"labels": labels, "states": [SandboxState.STARTED, SandboxState.STOPPED]}, {a.id, b.id, c.id}),
            ({"labels": labels, "snapshots": ["litellm"]}, {b.id}),
            ({"labels": labels, "targets": ["us"]}, {a.id, b.id, c.id}),
            ({"labels": labels, "targets": ["eu"]}, set()),
            ({"labels": labels, "is_public": True}, {a.id}),
            ({"labels": labels, "min_cpu": 2}, set()),
            ({"labels": labels, "max_cpu": 1, "min_memory_gib": 1, "max_disk_gib": 3}, {a.id, b.id, c.id}),
        ):
            found = ids(await _query(sdk, **fields))
            assert found == wanted, (fields, found, wanted)


@check(slow=True)
async def times(sdk):
    async with _three(sdk) as (family, (a, b, c)):
        labels = {"family": family}
        hour = datetime.timedelta(hours=1)
        now = datetime.datetime.now(datetime.timezone.utc)
        assert len(await _query(sdk, labels=labels, created_at_after=now - hour)) == 3
        assert len(await _query(sdk, labels=labels, created_at_after=now + hour)) == 0
        assert len(await _query(sdk, labels=labels, created_at_before=now + hour)) == 3
        assert len(await _query(sdk, labels=labels, created_at_before=now - hour)) == 0
        assert len(await _query(sdk, labels=labels, last_activity_after=now - hour)) == 3
        assert len(await _query(sdk, labels=labels, last_activity_before=now - hour)) == 0


@check(slow=True)
async def pages_and_order(sdk):
    async with _three(sdk) as (family, (a, b, c)):
        labels = {"family": family}
        by = {"sort": SandboxListSortField.CREATEDAT, "order": SandboxListSortDirection.ASC}
        found = await _query(sdk, labels=labels, **by)
        assert [sandbox.id for sandbox in found] == [a.id, b.id, c.id], found
        # One by one, through cursors.
        found = await _query(sdk, labels=labels, limit=1, **by)
        assert [sandbox.id for sandbox in found] == [a.id, b.id, c.id], found
        by = {"sort": SandboxListSortField.NAME, "order": SandboxListSortDirection.DESC}
        found = await _query(sdk, labels=labels, limit=2, **by)
        names = [sandbox.name.lower() for sandbox in found]
        assert names == sorted(names, reverse=True) and len(names) == 3, names
        listed = lambda: _query(sdk, limit=0)  # noqa: E731
        await sdk.raises(DaytonaBadRequestError, listed, "limit must be a positive integer")
        # The generated client holds the upper bound, in words of its own.
        listed = lambda: _query(sdk, limit=201)  # noqa: E731
        await sdk.raises(DaytonaError, listed, "less than or equal to 200")


@check()
async def items_work(sdk):
    family = uuid.uuid4().hex
    async with sdk.sandbox(labels={"family": family}) as made:
        (found,) = await _query(sdk, labels={"family": family})
        assert (found.id, found.name, found.state) == (made.id, made.name, SandboxState.STARTED), found
        assert (found.cpu, found.memory, found.disk) == (1, 1, 3), found
        assert found.network_block_all is False or found.network_block_all is None, found
        assert (await sdk.of(found.process.exec("echo listed"))).result == "listed\n"
        await sdk.of(made.delete(wait=True))
        assert await _query(sdk, labels={"family": family}) == []
