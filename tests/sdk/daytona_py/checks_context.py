"""Build contexts and image builds: contract 5.5.

CUTOVER_BASE_IMAGE names the image that `FROM` takes; an engine with images of its own must have it.
"""

import contextlib
import os
import pathlib
import tempfile
import uuid

from daytona import CreateSandboxFromImageParams, CreateSnapshotParams, DaytonaError, Image
from daytona._async import object_storage as object_storage_async
from daytona._sync import object_storage as object_storage_sync

from flavours import check

BASE = os.environ.get("CUTOVER_BASE_IMAGE", "debian:12-slim")


_S3Store = object_storage_sync.S3Store


def _with_plain_http(*arguments, client_options=None, **named):
    return _S3Store(*arguments, client_options={**(client_options or {}), "allow_http": True}, **named)


# The SDK's store client takes no `http` address, and a stand-in has no other. Nothing else of it is
# changed, and for the whole suite, as checks run side by side.
object_storage_sync.S3Store = object_storage_async.S3Store = _with_plain_http
# The SDK empties the environment of the whole process while it makes one; other checks read theirs.
object_storage_sync.isolated_env = object_storage_async.isolated_env = contextlib.nullcontext


@contextlib.contextmanager
def _dockerfile(*lines, mark=""):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "app.txt").write_text(mark)
        (root / "parts" / "deep").mkdir(parents=True)
        (root / "parts" / "deep" / "b.txt").write_text("in a folder\n")
        # More than one part of an upload.
        (root / "big.bin").write_bytes(os.urandom(12 << 20))
        path = root / "Dockerfile"
        path.write_text("\n".join((f"FROM {BASE}", *lines)) + "\n")
        yield path


async def _discard(sdk, name):
    await sdk.of(sdk.client.snapshot.delete(await sdk.of(sdk.client.snapshot.get(name))))


@check("isolation", slow=True)
async def copied(sdk):
    name = f"snap-{uuid.uuid4().hex[:10]}"
    logs = []
    lines = ("WORKDIR /srv", "COPY app.txt ./", "COPY parts /data/", "COPY big.bin /big", "ENV MADE=so", "RUN cat app.txt")
    with _dockerfile(*lines, mark=name) as path:
        params = CreateSnapshotParams(name=name, image=Image.from_dockerfile(path))
        snapshot = await sdk.of(sdk.client.snapshot.create(params, on_logs=logs.append))
    try:
        assert snapshot.state.value == "active", snapshot
        said = "".join(logs)
        assert "Step 7/7 : RUN cat app.txt" in said and name in said, said
        async with sdk.sandbox(snapshot=name) as sandbox:
            ran = await sdk.of(sandbox.process.exec("cat app.txt /data/deep/b.txt; wc -c < /big; echo $MADE; pwd"))
            assert ran.result == f"{name}in a folder\n{12 << 20}\nso\n/srv\n", ran.result
    finally:
        await _discard(sdk, name)


@check("isolation", slow=True)
async def of_a_sandbox(sdk):
    mark = uuid.uuid4().hex
    with _dockerfile("COPY app.txt /app.txt", mark=mark) as path:
        params = CreateSandboxFromImageParams(image=Image.from_dockerfile(path))
        async with sdk.sandbox(params) as sandbox:
            assert (await sdk.of(sandbox.process.exec("cat /app.txt"))).result == mark


@check("isolation", slow=True)
async def a_step_fails(sdk):
    name = f"snap-{uuid.uuid4().hex[:10]}"
    params = CreateSnapshotParams(name=name, image=Image.base(BASE).run_commands(f"echo {name}; exit 3"))
    text = f"Failed to create snapshot {name}, reason: failed to build image: "
    await sdk.raises(DaytonaError, lambda: sdk.client.snapshot.create(params), text)
    try:
        failed = await sdk.of(sdk.client.snapshot.get(name))
        assert failed.state.value == "build_failed", failed
        assert "returned a non-zero code: 3" in failed.error_reason, failed
    finally:
        await _discard(sdk, name)


@check()
async def plain_http_must_be_allowed(sdk):
    # Why `_with_plain_http` is there; without the reason it must go.
    access = {"access_key_id": "a", "secret_access_key": "b", "session_token": "c"}
    store = _S3Store("bucket", endpoint=os.environ["DAYTONA_API_URL"], region="us-east-1", **access)
    try:
        store.head("key")
    except Exception as error:
        assert "builder error" in str(error), error
    else:
        raise AssertionError("the SDK's store client takes plain http")
