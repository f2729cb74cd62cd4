"""Snapshots and image builds: contract 5."""

import contextlib
import uuid

from daytona import (
    CreateSandboxFromSnapshotParams,
    CreateSnapshotParams,
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaForbiddenError,
    DaytonaNotFoundError,
    Image,
    Resources,
)

from flavours import check


def _name():
    return f"snap-{uuid.uuid4().hex[:10]}"


@contextlib.asynccontextmanager
async def _snapshot(sdk, params, **settings):
    snapshot = await sdk.of(sdk.client.snapshot.create(params, **settings))
    try:
        yield snapshot
    finally:
        try:
            await sdk.of(sdk.client.snapshot.delete(snapshot))
        except DaytonaNotFoundError:
            pass


@check(slow=True)
async def from_image_name(sdk):
    logs = []
    name = _name()
    params = CreateSnapshotParams(name=name, image="debian:12-slim", resources=Resources(cpu=2, memory=3, disk=4))
    async with _snapshot(sdk, params, on_logs=logs.append) as snapshot:
        assert (snapshot.name, snapshot.state.value, snapshot.general) == (name, "active", False), snapshot
        assert (snapshot.cpu, snapshot.mem, snapshot.disk) == (2, 3, 4), snapshot
        assert snapshot.image_name == "debian:12-slim", snapshot
        assert logs[0].startswith(f"Creating snapshot {name} ("), logs
        assert logs[-1].startswith(f"Created snapshot {name} ("), logs
        for found in (await sdk.of(sdk.client.snapshot.get(name)), await sdk.of(sdk.client.snapshot.get(snapshot.id))):
            assert (found.id, found.name) == (snapshot.id, name), found
        async with sdk.sandbox(snapshot=name) as sandbox:
            assert (sandbox.snapshot, sandbox.cpu, sandbox.memory, sandbox.disk) == (name, 2, 3, 4), sandbox
        # `snapshot` shows the name, even of a sandbox created by the id.
        async with sdk.sandbox(snapshot=snapshot.id) as sandbox:
            assert sandbox.snapshot == name, sandbox.snapshot


@check("isolation", slow=True)
async def from_a_build(sdk):
    logs = []
    name = _name()
    image = Image.base("debian:12-slim").env({"MADE": "so"}).workdir("/tmp").run_commands("echo unique " + name)
    params = CreateSnapshotParams(name=name, image=image)
    async with _snapshot(sdk, params, on_logs=logs.append) as snapshot:
        assert snapshot.state.value == "active" and snapshot.build_info, snapshot
        assert snapshot.build_info.dockerfile_content == image.dockerfile(), snapshot.build_info
        # Beside the states, the lines of the build.
        assert [line for line in logs if not line.startswith(("Creating snapshot", "Created snapshot"))], logs


@check(slow=True)
async def of_a_sandbox(sdk):
    for method in ("create_snapshot", "_experimental_create_snapshot"):
        name = _name()
        async with sdk.sandbox() as sandbox:
            await sdk.of(sandbox.fs.upload_file(b"taken along", "inside"))
            await sdk.of(getattr(sandbox, method)(name))
            assert sandbox.state.value == "started", sandbox.state
            assert (await sdk.of(sandbox.process.exec("echo alive"))).result == "alive\n"
        try:
            async with sdk.sandbox(snapshot=name) as copy:
                assert await sdk.of(copy.fs.download_file("inside")) == b"taken along"
        finally:
            await sdk.of(sdk.client.snapshot.delete(name))


@check(slow=True)
async def listed(sdk):
    async with _snapshot(sdk, CreateSnapshotParams(name=_name(), image="debian:12")) as snapshot:
        found = await sdk.of(sdk.client.snapshot.list(limit=200))
        assert snapshot.name in [one.name for one in found.items], found
        assert (found.page, found.total) == (1, len(found.items)), found
        first = await sdk.of(sdk.client.snapshot.list(page=1, limit=1))
        assert len(first.items) == 1 and first.total_pages >= first.total, first
        beyond = await sdk.of(sdk.client.snapshot.list(page=10_000, limit=50))
        assert beyond.items == [], beyond
    snapshot = sdk.client.snapshot
    await sdk.raises(DaytonaBadRequestError, lambda: snapshot.list(page=0), "page must be a positive integer")
    await sdk.raises(DaytonaBadRequestError, lambda: snapshot.list(limit=0), "limit must be a positive integer")


@check(slow=True)
async def deleted(sdk):
    snapshot = sdk.client.snapshot
    made = await sdk.of(snapshot.create(CreateSnapshotParams(name=_name(), image="debian:12")))
    # By its name, which the SDK looks up first.
    await sdk.of(snapshot.delete(made.name))
    text = f"Failed to get snapshot: Snapshot with name {made.name} not found"
    await sdk.raises(DaytonaNotFoundError, lambda: snapshot.get(made.name), text, 404)
    await sdk.raises(DaytonaNotFoundError, lambda: snapshot.delete(made), "Failed to delete snapshot: ", 404)
    await sdk.raises(DaytonaNotFoundError, lambda: snapshot.delete("none"), "Failed to delete snapshot: ", 404)
    params = CreateSandboxFromSnapshotParams(snapshot=made.name)
    text = f"Snapshot {made.name} not found"
    await sdk.raises(DaytonaBadRequestError, lambda: sdk.client.create(params), text, 400)


@check(slow=True)
async def names_are_unique(sdk):
    name = _name()
    params = CreateSnapshotParams(name=name, image="debian:12")
    async with _snapshot(sdk, params):
        text = f'Failed to create snapshot: Snapshot with name "{name}" already exists for this organization'
        await sdk.raises(DaytonaConflictError, lambda: sdk.client.snapshot.create(params), text, 409)


@check()
async def refused_values(sdk):
    create = sdk.client.snapshot.create
    for params, text in (
        (CreateSnapshotParams(name=_name(), image="debian:latest"), 'Images with tag ":latest" are not allowed'),
        (CreateSnapshotParams(name=_name(), image="debian"), "must include a tag"),
        (CreateSnapshotParams(name=_name(), image="debian@sha256:12"), "Invalid digest format"),
        (CreateSnapshotParams(name="not a name!", image="debian:12"), "Invalid snapshot name format"),
        (
            CreateSnapshotParams(name=_name(), image="debian:12", resources=Resources(cpu=5)),
            "CPU request 5 exceeds maximum allowed per sandbox (4).",
        ),
    ):
        await sdk.raises(DaytonaBadRequestError, lambda params=params: create(params), text, 400)


@check()
async def general_ones_stay(sdk):
    snapshot = sdk.client.snapshot
    found = await sdk.of(snapshot.get("litellm"))
    assert found.general and found.state.value == "active", found
    text = "Failed to delete snapshot: You cannot delete a general snapshot"
    await sdk.raises(DaytonaForbiddenError, lambda: snapshot.delete(found), text, 403)


@check(slow=True)
async def activated(sdk):
    async with _snapshot(sdk, CreateSnapshotParams(name=_name(), image="debian:12")) as snapshot:
        # `activate` is given no class and no prefix by the SDK.
        try:
            await sdk.of(sdk.client.snapshot.activate(snapshot))
        except Exception as error:
            assert error.status == 400, error
            assert f"Snapshot {snapshot.name} is already active" in error.body, error.body
        else:
            raise AssertionError("an active snapshot is activated")
