"""What the stand-in leaves out by design, and the class that the SDK makes of the refusal: 501 by
name, or what the service itself answers where it lacks the part, too."""

import os
import tempfile

from daytona import (
    CreateSecretParams,
    LspCompletionPosition,
    ScreenshotRegion,
    UpdateSecretParams,
)
from daytona.common.errors import DaytonaError, DaytonaServiceUnavailableError
from daytona.common.volume import Volume

from flavours import check

REFUSED = "the stand-in does not implement"


async def _no_desktop(sdk, *actions):
    """Each action gets what the daemon answers without its plug-in for the desktop."""
    for action in actions:
        text = "Computer-use functionality is not available"
        await sdk.raises(DaytonaServiceUnavailableError, action, text, 503)


async def _refused(sdk, *actions):
    """Each action gets 501 by name, whether or not the SDK makes an error of its own of it."""
    for number, action in enumerate(actions):
        try:
            result = await sdk.of(action())
        except Exception as error:
            status = getattr(error, "status_code", None) or getattr(error, "status", None)
            assert status == 501, f"action {number}: {type(error).__name__}: {error}"
            assert REFUSED in str(error), f"action {number}: {error}"
            if isinstance(error, DaytonaError):
                assert type(error) is DaytonaError, f"action {number}: {type(error)}"
            continue
        raise AssertionError(f"action {number}: 501 is due, got {result!r}")


@check()
async def volumes(sdk):
    volume = sdk.client.volume
    known = Volume(
        id="v", name="v", organization_id="o", state="ready", created_at="2026-01-01T00:00:00Z",
        updated_at="2026-01-01T00:00:00Z", error_reason=None,
    )
    await _refused(
        sdk,
        lambda: volume.list(),
        lambda: volume.get("v"),
        lambda: volume.get("v", create=True),
        lambda: volume.create("v"),
        lambda: volume.delete(known),
    )


@check()
async def secrets(sdk):
    secret = sdk.client.secret
    await _refused(
        sdk,
        lambda: secret.list(),
        lambda: secret.get("s"),
        lambda: secret.create(CreateSecretParams(name="s", value="v")),
        lambda: secret.update("s", UpdateSecretParams(value="v")),
        lambda: secret.delete("s"),
    )
    async with sdk.sandbox() as sandbox:
        await _refused(sdk, lambda: sandbox.update_secrets({"A": "s"}))


@check()
async def warm_pools(sdk):
    pool = sdk.client.warm_pool
    await _refused(
        sdk,
        lambda: pool.list(),
        lambda: pool.create("litellm", 2),
        lambda: pool.update("p", 3),
        lambda: pool.delete("p"),
    )


@check()
async def lsp(sdk):
    async with sdk.sandbox() as sandbox:
        made = sandbox.create_lsp_server("python", "/home/user")
        server = await sdk.of(made)
        await _refused(
            sdk,
            lambda: server.start(),
            lambda: server.did_open("a.py"),
            lambda: server.did_close("a.py"),
            lambda: server.document_symbols("a.py"),
            lambda: server.sandbox_symbols("f"),
            lambda: server.workspace_symbols("f"),
            lambda: server.completions("a.py", LspCompletionPosition(line=0, character=0)),
            lambda: server.stop(),
        )


@check()
async def computer_use(sdk):
    async with sdk.sandbox() as sandbox:
        computer = sandbox.computer_use
        mouse, keyboard, screen = computer.mouse, computer.keyboard, computer.screenshot
        region = ScreenshotRegion(x=0, y=0, width=10, height=10)
        await _no_desktop(
            sdk,
            lambda: computer.start(),
            lambda: computer.stop(),
            lambda: computer.get_status(),
            lambda: computer.get_process_status("xvfb"),
            lambda: computer.restart_process("xvfb"),
            lambda: computer.get_process_logs("xvfb"),
            lambda: computer.get_process_errors("xvfb"),
            lambda: mouse.get_position(),
            lambda: mouse.move(1, 1),
            lambda: mouse.down(1, 1),
            lambda: mouse.up(1, 1),
            lambda: mouse.click(1, 1),
            lambda: mouse.drag(1, 1, 2, 2),
            lambda: mouse.scroll(1, 1, "up"),
            lambda: keyboard.type("x"),
            lambda: keyboard.press("a"),
            lambda: keyboard.hotkey("ctrl+c"),
            lambda: keyboard.down("a"),
            lambda: keyboard.up("a"),
            lambda: screen.take_full_screen(),
            lambda: screen.take_region(region),
            lambda: screen.take_compressed(),
            lambda: screen.take_compressed_region(region),
            lambda: computer.display.get_info(),
            lambda: computer.display.get_windows(),
        )


@check()
async def recordings_and_accessibility(sdk):
    async with sdk.sandbox() as sandbox:
        computer = sandbox.computer_use
        recording, tree = computer.recording, computer.accessibility
        await _no_desktop(
            sdk,
            lambda: recording.start(),
            lambda: recording.stop("r"),
            lambda: recording.list(),
            lambda: recording.get("r"),
            lambda: recording.delete("r"),
            lambda: tree.get_tree(),
            lambda: tree.find_nodes(),
            lambda: tree.focus_node("n"),
            lambda: tree.invoke_node("n"),
            lambda: tree.set_node_value("n", "v"),
        )
        # The SDK's own HTTP client tells it in its own words.
        target = os.path.join(tempfile.gettempdir(), "never-made")
        error = await sdk.raises(Exception, lambda: recording.download("r", target), "503")
        assert isinstance(error, DaytonaError), error
        assert not os.path.exists(target)


@check()
async def ssh_access(sdk):
    async with sdk.sandbox() as sandbox:
        await _refused(
            sdk,
            lambda: sandbox.create_ssh_access(expires_in_minutes=5),
            lambda: sandbox.revoke_ssh_access("t"),
            lambda: sandbox.validate_ssh_access("t"),
        )


@check()
async def metrics(sdk):
    async with sdk.sandbox() as sandbox:
        await _refused(sdk, lambda: sandbox.get_metrics())


@check()
async def signed_file_addresses(sdk):
    async with sdk.sandbox() as sandbox:
        await _refused(
            sdk,
            lambda: sandbox.download_url("f"),
            lambda: sandbox.upload_url("f"),
            lambda: sandbox.rotate_signing_key(),
        )
