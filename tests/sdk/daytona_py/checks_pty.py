"""Terminals over websockets: contract 2.4."""

from daytona import DaytonaNotFoundError, PtySize
from daytona.common.errors import DaytonaConflictError, DaytonaConnectionError, DaytonaError, DaytonaGoneError

from flavours import check


class Terminal:
    """A terminal of either flavour, with everything that it has shown."""

    def __init__(self, sdk, handle, shown):
        self.sdk, self.handle, self.shown = sdk, handle, shown

    @classmethod
    async def create(cls, sdk, process, name, **settings):
        shown = []
        if sdk.is_async:
            settings["on_data"] = shown.append
        for _ in range(10):
            try:
                return cls(sdk, await sdk.of(process.create_pty_session(name, **settings)), shown)
            except DaytonaError as error:
                if not _gave_up_early(error):
                    raise
                await sdk.of(process.kill_pty_session(name))

                async def gone():
                    return name not in [info.id for info in await sdk.of(process.list_pty_sessions())]

                await sdk.until(gone, "the terminal that was given up is off the list")
        raise AssertionError("the SDK gave up on every terminal within 100 ms")

    @classmethod
    async def connect(cls, sdk, process, name):
        shown = []
        settings = {"on_data": shown.append} if sdk.is_async else {}
        for _ in range(10):
            try:
                return cls(sdk, await sdk.of(process.connect_pty_session(name, **settings)), shown)
            except DaytonaError as error:
                if not _gave_up_early(error):
                    raise
        raise AssertionError("the SDK gave up on every terminal within 100 ms")

    def text(self):
        return b"".join(self.shown).decode(errors="replace")

    async def type(self, text):
        await self.sdk.of(self.handle.send_input(text))

    async def ended(self):
        """Reads to the end; what the shell ended with."""
        if self.sdk.is_async:
            return await self.handle.wait()
        return self.handle.wait(on_data=self.shown.append, timeout=20)

    async def until(self, text):
        """Reads until the terminal has shown `text`."""
        if self.sdk.is_async:

            async def seen():
                return text in self.text()

            await self.sdk.until(seen, f"the terminal shows {text!r}")
            return
        for chunk in self.handle:
            self.shown.append(chunk)
            if text in self.text():
                return
        raise AssertionError(f"the terminal ended without {text!r}: {self.text()!r}")


def _gave_up_early(error):
    """A fault of the blocking SDK 0.226.1: it means to wait ten seconds for the first message, but
    raises an error without a text when none has come after 100 ms, as on a busy machine."""
    return str(error) in ("Failed to create PTY session: ", "Failed to connect PTY session: ")


@check("pty")
async def runs_a_shell(sdk):
    async with sdk.sandbox() as sandbox:
        size = PtySize(rows=33, cols=111)
        envs = {"SHOWN": "through the subprotocol"}
        terminal = await Terminal.create(sdk, sandbox.process, "p", envs=envs, pty_size=size)
        assert terminal.handle.is_connected() and terminal.handle.session_id == "p"
        await sdk.of(terminal.handle.wait_for_connection())
        await terminal.type("stty size; echo \"[$SHOWN] [$TERM]\"; exit 5\n")
        result = await terminal.ended()
        text = terminal.text()
        assert "33 111" in text, text
        assert "[through the subprotocol] [xterm-256color]" in text, text
        assert result.exit_code == 5 and terminal.handle.exit_code == 5, (result, text)
        assert not terminal.handle.is_connected()
        await sdk.raises(DaytonaConnectionError, lambda: terminal.handle.send_input("x"), "PTY is not connected")
        await sdk.of(terminal.handle.disconnect())


@check("pty")
async def ends_well(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.fs.create_folder("below", "755"))
        terminal = await Terminal.create(sdk, sandbox.process, "p", cwd="below")
        await terminal.type(b"basename \"$PWD\"; exit\n")
        result = await terminal.ended()
        assert result.exit_code == 0 and terminal.handle.error is None, (result, terminal.handle.error)
        assert "below" in terminal.text(), terminal.text()
        await sdk.of(terminal.handle.disconnect())


@check("pty")
async def is_resized(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        terminal = await Terminal.create(sdk, process, "p")
        info = await sdk.of(process.get_pty_session_info("p"))
        assert (info.id, info.cols, info.rows, info.active) == ("p", 80, 24, True), info
        info = await sdk.of(terminal.handle.resize(PtySize(rows=40, cols=132)))
        assert (info.cols, info.rows) == (132, 40), info
        await terminal.type("stty size\n")
        await terminal.until("40 132")
        info = await sdk.of(process.resize_pty_session("p", PtySize(rows=50, cols=90)))
        assert (info.cols, info.rows) == (90, 50), info
        await terminal.type("stty size\n")
        await terminal.until("50 90")
        await sdk.of(terminal.handle.kill())
        await sdk.of(terminal.handle.disconnect())


@check("pty")
async def is_killed(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        terminal = await Terminal.create(sdk, process, "p")
        assert [info.id for info in await sdk.of(process.list_pty_sessions())] == ["p"]
        await sdk.of(process.kill_pty_session("p"))
        result = await terminal.ended()
        assert result.exit_code not in (None, 0), result
        await sdk.of(terminal.handle.disconnect())

        async def gone():
            return await sdk.of(process.list_pty_sessions()) == []

        await sdk.until(gone, "the terminal is off the list")
        missing = "PTY session not found"
        await sdk.raises(DaytonaNotFoundError, lambda: process.get_pty_session_info("p"), missing, 404)
        await sdk.raises(DaytonaNotFoundError, lambda: process.kill_pty_session("p"), missing, 404)


@check("pty")
async def is_joined(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        first = await Terminal.create(sdk, process, "p")
        await first.type("X=remem; echo ready\n")
        await first.until("ready\r\n")
        await sdk.of(first.handle.disconnect())
        again = await Terminal.connect(sdk, process, "p")
        await again.type("echo \"${X}bered\"\n")
        await again.until("remembered")
        await again.type("exit 9\n")
        result = await again.ended()
        assert result.exit_code == 9, (result, again.text())
        await sdk.of(again.handle.disconnect())


@check("pty")
async def refusals(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        terminal = await Terminal.create(sdk, process, "p")
        twice = await _refused(sdk, lambda: Terminal.create(sdk, process, "p"))
        assert isinstance(twice, (DaytonaConflictError, DaytonaConnectionError)), twice
        await _refused(sdk, lambda: Terminal.connect(sdk, process, "none"))
        size = PtySize(rows=5000, cols=10)
        await sdk.raises(DaytonaError, lambda: process.resize_pty_session("p", size), "Failed to resize PTY session")
        resize = lambda: process.resize_pty_session("none", PtySize(rows=10, cols=10))  # noqa: E731
        await sdk.raises(DaytonaGoneError, resize, "Failed to resize PTY session: ", 410)
        await sdk.of(terminal.handle.kill())
        await sdk.of(terminal.handle.disconnect())


async def _refused(sdk, action):
    try:
        await action()
    except DaytonaError as error:
        return error
    raise AssertionError("a refusal is due")
