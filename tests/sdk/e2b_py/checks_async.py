"""What only the async face has: callbacks, streamed watches, an input handle, many at once."""

import asyncio

from e2b import (
    AsyncSandbox,
    CommandExitException,
    FileNotFoundException,
    FilesystemEventType,
    InvalidArgumentException,
    NotFoundException,
    PtySize,
    SandboxException,
)

from frame import araises, auntil, check, equal


@check("async.commands.callbacks_in_background")
async def callbacks_in_background():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        out, err = [], []

        async def later(text):
            await asyncio.sleep(0)
            err.append(text)

        handle = await sandbox.commands.run("echo out; read x; echo $x >&2; exit 3", background=True,
                                            stdin=True, on_stdout=out.append, on_stderr=later)
        await auntil(lambda: "".join(out) == "out\n", "output comes while it runs")
        equal((handle.exit_code, handle.error, handle.stdout), (None, None, "out\n"))
        await handle.send_stdin("err\n")
        await araises(CommandExitException, handle.wait())
        equal((handle.exit_code, handle.error, handle.stdout, handle.stderr),
              (3, "exit status 3", "out\n", "err\n"))
        equal("".join(err), "err\n")


@check("async.commands.stream_input")
async def stream_input():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        handle = await sandbox.commands.run("cat", background=True, stdin=True)
        stream = sandbox.commands.stream_input(handle.pid)
        for n in range(3):
            await stream.send(f"{n}\n")
        await stream.send(b"bytes\n")
        await auntil(lambda: handle.stdout == "0\n1\n2\nbytes\n", "input arrives while the stream is open")
        await stream.close()
        await araises(SandboxException, stream.send("x"), "closed")
        await handle.close_stdin()
        equal((await handle.wait()).stdout, "0\n1\n2\nbytes\n")

        async def to_nobody():
            nobody = sandbox.commands.stream_input(999999)
            await nobody.send("x")
            await nobody.close()

        await araises(NotFoundException, to_nobody(), "process with pid 999999 not found")


@check("async.commands.at_once")
async def at_once():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        runs = (sandbox.commands.run(f"echo {n}") for n in range(30))
        equal([it.stdout for it in await asyncio.gather(*runs)], [f"{n}\n" for n in range(30)])


@check("async.lifecycle.at_once")
async def sandboxes_at_once():
    made = await asyncio.gather(*(AsyncSandbox.create(timeout=120) for _ in range(10)))
    try:
        equal(len({it.sandbox_id for it in made}), 10)
        said = await asyncio.gather(*(it.commands.run("echo $E2B_SANDBOX_ID") for it in made))
        equal([it.stdout.strip() for it in said], [it.sandbox_id for it in made])
    finally:
        equal(await asyncio.gather(*(it.kill() for it in made)), [True] * 10)


@check("async.pty.session")
async def pty_session():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        seen = bytearray()
        pty = await sandbox.pty.create(PtySize(rows=20, cols=70), on_data=seen.extend,
                                       envs={"MINE": "1"}, cwd="/tmp")
        await sandbox.pty.send_stdin(pty.pid, b"stty size; echo $MINE/$TERM; exit 4\n")
        ended = await araises(CommandExitException, pty.wait())
        equal(ended.exit_code, 4)
        assert b"20 70" in seen and b"1/xterm-256color" in seen, bytes(seen)


@check("async.pty.resize")
async def pty_resize():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        seen = bytearray()
        pty = await sandbox.pty.create(PtySize(rows=20, cols=70), on_data=seen.extend)
        await sandbox.pty.resize(pty.pid, PtySize(rows=33, cols=111))
        await sandbox.pty.send_stdin(pty.pid, b"stty size; exit\n")
        await pty.wait()
        assert b"33 111" in seen, bytes(seen)


@check("async.pty.kill")
async def pty_kill():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        pty = await sandbox.pty.create(PtySize(rows=20, cols=70), on_data=lambda _: None, timeout=0)
        equal(await sandbox.pty.kill(pty.pid), True)
        killed = await araises(CommandExitException, pty.wait())
        equal((killed.exit_code, killed.error), (-1, "signal: killed"))

        async def gone():
            return await sandbox.pty.kill(pty.pid) is False

        await auntil(gone, "a dead terminal is not found")


@check("async.pty.connect")
async def pty_connect():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        pty = await sandbox.pty.create(PtySize(rows=20, cols=70), on_data=lambda _: None, timeout=0)
        seen = bytearray()
        other = await sandbox.pty.connect(pty.pid, on_data=seen.extend)
        await pty.disconnect()
        stream = sandbox.pty.stream_input(pty.pid)
        await stream.send(b"echo joined=$((40+2))\n")
        await stream.send(b"exit\n")
        await other.wait()
        await stream.close()
        assert b"joined=42" in seen, bytes(seen)


@check("async.files.watch_dir")
async def watch_dir():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        fs, kinds, events, exits = sandbox.files, FilesystemEventType, [], []
        await fs.make_dir("/tmp/w/sub")
        watcher = await fs.watch_dir("/tmp/w", on_event=events.append, on_exit=exits.append,
                                     recursive=True, include_entry=True, timeout=0)

        def told(name, kind):
            return any((event.name, event.type) == (name, kind) for event in events)

        await fs.write("/tmp/w/file", "123")
        await auntil(lambda: told("file", kinds.CREATE) and told("file", kinds.WRITE), "a write is told")
        await fs.write("/tmp/w/sub/deep", "x")
        await auntil(lambda: told("sub/deep", kinds.CREATE), "a write below is told")
        await fs.rename("/tmp/w/file", "/tmp/w/moved")
        await auntil(lambda: told("file", kinds.RENAME), "a rename is told")
        await fs.remove("/tmp/w/moved")
        await auntil(lambda: told("moved", kinds.REMOVE), "a removal is told")
        entry = next(event.entry for event in events if event.name == "file" and event.entry)
        equal((entry.path, entry.name), ("/tmp/w/file", "file"))
        await watcher.stop()
        await auntil(lambda: exits, "the end is told")


@check("async.files.watch_ends_with_sandbox")
async def watch_ends_with_sandbox():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        exits = []
        await sandbox.files.watch_dir("/tmp", on_event=lambda _: None, on_exit=exits.append, timeout=0)
        await sandbox.kill()
        await auntil(lambda: exits, "a watch ends with its sandbox")
        assert isinstance(exits[0], Exception), exits


@check("async.files.watch_errors")
async def watch_errors():
    async with await AsyncSandbox.create(timeout=300) as sandbox:
        fs = sandbox.files
        await fs.write("/tmp/file", "x")
        await araises(FileNotFoundException, fs.watch_dir("/tmp/nope", on_event=print), "path /tmp/nope not found")
        await araises(InvalidArgumentException, fs.watch_dir("/tmp/file", on_event=print),
                      "path /tmp/file not a directory")
