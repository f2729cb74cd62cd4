"""Creating sandboxes: contract 1.3, 1.6 and 4."""

import uuid

from daytona import (
    AsyncDaytona,
    CreateSandboxFromImageParams,
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaAuthenticationError,
    DaytonaBadRequestError,
    DaytonaConfig,
    DaytonaConflictError,
    DaytonaConnectionError,
    DaytonaNotFoundError,
    DaytonaTimeoutError,
    Image,
    Resources,
    SandboxState,
    VolumeMount,
)
from daytona.common.errors import DaytonaError

from flavours import check

SNAPSHOT = CreateSandboxFromSnapshotParams


@check()
async def defaults(sdk):
    sandbox = await sdk.of(sdk.client.create())
    try:
        assert sandbox.state == SandboxState.STARTED, sandbox.state
        assert str(uuid.UUID(sandbox.id)) == sandbox.id and sandbox.name == sandbox.id, sandbox
        assert sandbox.labels == {"code-toolbox-language": "python"}, sandbox.labels
        assert (sandbox.cpu, sandbox.memory, sandbox.disk, sandbox.gpu) == (1, 1, 3, 0), sandbox
        assert (sandbox.user, sandbox.public, sandbox.env) == ("daytona", False, {}), sandbox
        intervals = (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval)
        assert intervals == (15, 10080, -1), intervals
        assert sandbox.target == "us" and sandbox.network_block_all is False, sandbox
        assert sandbox.snapshot, sandbox
        assert sandbox.organization_id and sandbox.toolbox_proxy_url.endswith("/toolbox"), sandbox
        assert (await sdk.of(sandbox.process.exec("echo up"))).result == "up\n"
    finally:
        await sdk.of(sdk.client.delete(sandbox))


@check()
async def parameters(sdk):
    name = f"params-{uuid.uuid4().hex[:8]}"
    params = SNAPSHOT(
        name=name,
        language="typescript",
        os_user="somebody",
        env_vars={"PLAIN": "x", "SPACED": "a  b", "QUOTED": "it's \"so\""},
        labels={"team": "a", "empty": ""},
        public=True,
        auto_stop_interval=0,
        auto_archive_interval=0,
        auto_delete_interval=120,
        network_block_all=True,
        snapshot="litellm",
    )
    async with sdk.sandbox(params) as made:
        sandbox = await sdk.of(sdk.client.get(name))
        assert sandbox.id == made.id and sandbox.name == name, sandbox
        labels = {"team": "a", "empty": "", "code-toolbox-language": "typescript"}
        assert sandbox.labels == labels, sandbox.labels
        assert (sandbox.user, sandbox.public, sandbox.network_block_all) == ("somebody", True, True), sandbox
        # 0 stands for the longest time to archival.
        intervals = (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval)
        assert intervals == (0, 43200, 120), intervals
        assert sandbox.snapshot == "litellm", sandbox.snapshot
        assert sandbox.env == {"PLAIN": "x", "SPACED": "a  b", "QUOTED": "it's \"so\""}, sandbox.env
        script = "printf '%s|%s|%s|%s' \"$PLAIN\" \"$SPACED\" \"$QUOTED\" \"$DAYTONA_SANDBOX_USER\""
        shown = await sdk.of(sandbox.process.exec(script))
        assert shown.result == "x|a  b|it's \"so\"|somebody", shown


@check()
async def names_are_unique(sdk):
    name = f"unique-{uuid.uuid4().hex[:8]}"
    async with sdk.sandbox(name=name) as sandbox:
        taken = f"Failed to create sandbox: Sandbox with name {name} already exists"
        await sdk.raises(DaytonaConflictError, lambda: sdk.client.create(SNAPSHOT(name=name)), taken, 409)
        await sdk.of(sandbox.delete())
        # The name is free at once, though the sandbox may still be going.
        async with sdk.sandbox(name=name) as again:
            assert again.id != sandbox.id and again.name == name, again


@check()
async def ephemeral_goes_when_stopped(sdk):
    async with sdk.sandbox(ephemeral=True) as sandbox:
        assert sandbox.auto_delete_interval == 0, sandbox.auto_delete_interval
        await sdk.of(sandbox.stop())
        assert sandbox.state in (SandboxState.DESTROYED, SandboxState.STOPPED), sandbox.state

        async def gone():
            try:
                found = await sdk.of(sdk.client.get(sandbox.id))
            except DaytonaNotFoundError:
                return True
            return found.state == SandboxState.DESTROYED

        await sdk.until(gone, "the stopped ephemeral sandbox is gone")


@check()
async def unknown_snapshot(sdk):
    text = "Failed to create sandbox: Snapshot none not found. Did you add it through the Daytona Dashboard?"
    # A missing snapshot is 400, not 404.
    await sdk.raises(DaytonaBadRequestError, lambda: sdk.client.create(SNAPSHOT(snapshot="none")), text, 400)


@check()
async def unknown_region(sdk):
    params = SNAPSHOT(target="mars")
    await sdk.raises(DaytonaNotFoundError, lambda: sdk.client.create(params), "Region not found", 404)


@check()
async def refused_values(sdk):
    client = sdk.client
    for params, text in (
        (SNAPSHOT(name="<b>bold</b>"), ""),
        (SNAPSHOT(network_allow_list="10.0.0.0"), "Missing CIDR prefix length (e.g., /24)"),
        (SNAPSHOT(network_allow_list="ten/8"), 'Invalid IP address: "ten" in network "ten/8"'),
        (
            SNAPSHOT(network_allow_list=",".join(f"10.{n}.0.0/16" for n in range(11))),
            "Network allow list cannot contain more than 10 networks",
        ),
    ):
        await sdk.raises(DaytonaBadRequestError, lambda params=params: client.create(params), text, 400)


@check()
async def checked_before_sending(sdk):
    client = sdk.client
    for params, text in (
        (SNAPSHOT(auto_stop_interval=-1), "auto_stop_interval must be a non-negative integer"),
        (SNAPSHOT(auto_archive_interval=-1), "auto_archive_interval must be a non-negative integer"),
        (SNAPSHOT(ttl_minutes=-1), "ttl_minutes must be a non-negative integer"),
        (SNAPSHOT(queue_timeout=0), "queue_timeout must be a positive integer"),
        (SNAPSHOT(auto_stop_interval=5, auto_pause_interval=5), "mutually exclusive"),
    ):
        error = await sdk.raises(DaytonaBadRequestError, lambda params=params: client.create(params), text)
        assert error.status_code is None, error


@check(slow=True)
async def from_image(sdk):
    params = CreateSandboxFromImageParams(
        image="debian:12-slim", resources=Resources(cpu=2, memory=4, disk=5), env_vars={"WHERE": "image"}
    )
    async with sdk.sandbox(params) as sandbox:
        assert sandbox.state == SandboxState.STARTED, sandbox.state
        assert (sandbox.cpu, sandbox.memory, sandbox.disk) == (2, 4, 5), sandbox
        assert sandbox.build_info.dockerfile_content == "FROM debian:12-slim\n", sandbox.build_info
        assert sandbox.build_info.snapshot_ref.startswith("daytona-"), sandbox.build_info
        assert (await sdk.of(sandbox.process.exec("printf %s $WHERE"))).result == "image"


@check("isolation", slow=True)
async def from_image_with_logs(sdk):
    image = Image.base("debian:12-slim").run_commands(f"echo {uuid.uuid4().hex}").env({"A": "b"})
    params = CreateSandboxFromImageParams(image=image)
    logs = []
    made = sdk.client.create(params, timeout=60, on_snapshot_create_logs=logs.append)
    sandbox = await sdk.of(made)
    try:
        assert sandbox.state == SandboxState.STARTED, sandbox.state
        assert sandbox.build_info.dockerfile_content == image.dockerfile(), sandbox.build_info
        assert "".join(logs).strip(), "no build logs"
    finally:
        await sdk.discard(sandbox)


@check()
async def image_limits(sdk):
    for resources, text in (
        (Resources(cpu=8), "CPU request 8 exceeds maximum allowed per sandbox (4)."),
        (Resources(memory=16), "Memory request 16GB exceeds maximum allowed per sandbox (8GB)."),
        (Resources(disk=20), "Disk request 20GB exceeds maximum allowed per sandbox (10GB)."),
    ):
        params = CreateSandboxFromImageParams(image="debian:12", resources=resources)
        await sdk.raises(DaytonaBadRequestError, lambda params=params: sdk.client.create(params), text, 400)


@check()
async def wrong_key(sdk):
    config = sdk.config(api_key="dtn_wrong")
    async with sdk.opened(config) as stranger:
        text = "Failed to create sandbox: Invalid credentials"
        await sdk.raises(DaytonaAuthenticationError, lambda: stranger.create(), text, 401)
        text = "Failed to get sandbox: Invalid credentials"
        await sdk.raises(DaytonaAuthenticationError, lambda: stranger.get("any"), text, 401)
        listed = lambda: sdk.items(stranger.list())  # noqa: E731
        await sdk.raises(DaytonaAuthenticationError, listed, "Invalid credentials", 401)


@check()
async def nobody_listens(sdk):
    config = sdk.config(api_url="http://127.0.0.1:9/api", use_deprecated_polling=True)
    async with sdk.opened(config) as lost:
        # The blocking SDK does not recognise a connection that its pool gave up on.
        kind = DaytonaConnectionError if sdk.is_async else DaytonaError
        await sdk.raises(kind, lambda: lost.get("any"), "Failed to get sandbox: ")


@check(flavours=("",))
async def no_credentials(sdk):
    for kind in (Daytona, AsyncDaytona):
        try:
            kind(DaytonaConfig(jwt_token="x", api_url="http://127.0.0.1:9/api"))
        except DaytonaError as error:
            assert "DAYTONA_ORGANIZATION_ID is required" in str(error), error
        else:
            raise AssertionError("a JWT without an organization is taken")


@check()
async def too_short_a_wait(sdk):
    await sdk.raises(DaytonaTimeoutError, _slow_wait(sdk), "exceeded timeout of")


def _slow_wait(sdk):
    """A wait for a state that does not come: the sandbox runs and is not stopped."""

    async def waits():
        async with sdk.sandbox() as sandbox:
            await sdk.of(sandbox.wait_for_sandbox_stop(timeout=1.5))

    return waits


@check()
async def language_label_is_checked(sdk):
    await sdk.raises(DaytonaBadRequestError, lambda: sdk.client.create(_odd_language()), "Invalid code-toolbox-language")


def _odd_language():
    params = SNAPSHOT()
    # The model checks its fields when it is made, not when they are set.
    params.language = "cobol"
    return params


@check()
async def volumes_are_refused(sdk):
    params = SNAPSHOT(volumes=[VolumeMount(volume_id="v", mount_path="/v")])
    await sdk.raises(DaytonaError, lambda: sdk.client.create(params), "the stand-in does not implement", 501)
