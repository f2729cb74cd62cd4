"""What only the sync face has: iterated output, polled watches, iterated input."""

from e2b import (
    CommandExitException,
    FileNotFoundException,
    FilesystemEventType,
    InvalidArgumentException,
    NotFoundException,
    PtySize,
    Sandbox,
    SandboxException,
)

from frame import check, equal, has, raises, until


@check("sync.commands.iterate")
def iterate():
    with Sandbox.create(timeout=300) as sandbox:
        handle = sandbox.commands.run("echo out; read x; echo $x >&2", background=True, stdin=True)
        got = []
        for stdout, stderr, pty in handle:
            got.append((stdout, stderr, pty))
            if stdout == "out\n":
                handle.send_stdin("err\n")
        equal(got, [("out\n", None, None), (None, "err\n", None)])


@check("sync.commands.wait_callbacks")
def wait_callbacks():
    with Sandbox.create(timeout=300) as sandbox:
        handle = sandbox.commands.run("printf o; printf e >&2; exit 2", background=True)
        out, err = [], []
        ended = raises(CommandExitException, lambda: handle.wait(on_stdout=out.append, on_stderr=err.append))
        equal((ended.exit_code, "".join(out), "".join(err)), (2, "o", "e"))


@check("sync.commands.stream_input")
def stream_input():
    with Sandbox.create(timeout=300) as sandbox:
        handle = sandbox.commands.run("head -n 3", background=True, stdin=True)
        sandbox.commands.stream_input(handle.pid, (f"{n}\n" for n in range(3)))
        equal(handle.wait().stdout, "0\n1\n2\n")
        counted = sandbox.commands.run("wc -c", background=True, stdin=True)
        sandbox.commands.stream_input(counted.pid, (b"x" * 10_000 for _ in range(100)), timeout=0)
        counted.close_stdin()
        equal(counted.wait().stdout.strip(), "1000000")
        raises(NotFoundException, lambda: sandbox.commands.stream_input(999999, iter(["x"])),
               "process with pid 999999 not found")


@check("sync.pty.session")
def pty_session():
    with Sandbox.create(timeout=300) as sandbox:
        seen = []
        pty = sandbox.pty.create(PtySize(rows=20, cols=70), envs={"MINE": "1"}, cwd="/tmp", timeout=60)
        sandbox.pty.send_stdin(pty.pid, b"stty size; echo $MINE/$TERM/$PWD; exit 4\n")
        ended = raises(CommandExitException, lambda: pty.wait(on_pty=seen.append))
        text = b"".join(bytes(piece) for piece in seen)
        equal(ended.exit_code, 4)
        assert b"20 70" in text and b"1/xterm-256color/" in text, text


@check("sync.pty.resize")
def pty_resize():
    with Sandbox.create(timeout=300) as sandbox:
        pty = sandbox.pty.create(PtySize(rows=20, cols=70), timeout=60)
        sandbox.pty.resize(pty.pid, PtySize(rows=33, cols=111))
        sandbox.pty.send_stdin(pty.pid, b"stty size; exit\n")
        seen = []
        pty.wait(on_pty=seen.append)
        assert b"33 111" in b"".join(bytes(piece) for piece in seen), seen
        plain = sandbox.commands.run("exec sleep 300", background=True, timeout=0)
        raises(SandboxException, lambda: sandbox.pty.resize(plain.pid, PtySize(rows=1, cols=1)),
               "tty not assigned to process")
        raises(SandboxException, lambda: sandbox.pty.send_stdin(plain.pid, b"x"),
               "error writing to tty: tty not assigned to process")
        raises(NotFoundException, lambda: sandbox.pty.resize(999999, PtySize(rows=1, cols=1)),
               "process with pid 999999 not found")


@check("sync.pty.kill")
def pty_kill():
    with Sandbox.create(timeout=300) as sandbox:
        pty = sandbox.pty.create(PtySize(rows=20, cols=70), timeout=0)
        raises(SandboxException, lambda: sandbox.commands.send_stdin(pty.pid, "x"),
               "error writing to stdin: tty assigned to process")
        raises(SandboxException, lambda: sandbox.commands.close_stdin(pty.pid),
               "error closing stdin: cannot close stdin for PTY process")
        equal(sandbox.pty.kill(pty.pid), True)
        killed = raises(CommandExitException, pty.wait)
        equal((killed.exit_code, killed.error), (-1, "signal: killed"))
        until(lambda: sandbox.pty.kill(pty.pid) is False, "a dead terminal is not found")


@check("sync.pty.connect")
def pty_connect():
    with Sandbox.create(timeout=300) as sandbox:
        pty = sandbox.pty.create(PtySize(rows=20, cols=70), timeout=0)
        other = sandbox.pty.connect(pty.pid)
        pty.disconnect()
        sandbox.pty.stream_input(pty.pid, iter([b"echo joined=$((40+2))\n", b"exit\n"]))
        seen = []
        other.wait(on_pty=seen.append)
        assert b"joined=42" in b"".join(bytes(piece) for piece in seen), seen


def told(watcher, events):
    events.extend(watcher.get_new_events())
    return {(event.name, event.type) for event in events}


@check("sync.files.watch_dir")
def watch_dir():
    with Sandbox.create(timeout=300) as sandbox:
        fs, kinds = sandbox.files, FilesystemEventType
        fs.make_dir("/tmp/w/sub")
        watcher, events = fs.watch_dir("/tmp/w"), []
        fs.write("/tmp/w/file", "x")
        until(lambda: {("file", kinds.CREATE), ("file", kinds.WRITE)} <= told(watcher, events), "a write is told")
        fs.rename("/tmp/w/file", "/tmp/w/moved")
        until(lambda: ("file", kinds.RENAME) in told(watcher, events), "a rename is told")
        fs.remove("/tmp/w/moved")
        until(lambda: ("moved", kinds.REMOVE) in told(watcher, events), "a removal is told")
        if has("isolation"):
            sandbox.commands.run("touch /tmp/w/mode && chmod 600 /tmp/w/mode")
            until(lambda: ("mode", kinds.CHMOD) in told(watcher, events), "a change of mode is told")
        fs.write("/tmp/w/sub/deep", "x")
        fs.write("/tmp/w/last", "x")
        until(lambda: ("last", kinds.CREATE) in told(watcher, events), "the last one is told")
        assert not any("deep" in event.name for event in events), "not recursive unless asked for"
        assert all(event.entry is None for event in events), events
        watcher.stop()
        raises(SandboxException, watcher.get_new_events, exact="The watcher is already stopped")


@check("sync.files.watch_recursive")
def watch_recursive():
    with Sandbox.create(timeout=300) as sandbox:
        fs, kinds = sandbox.files, FilesystemEventType
        fs.make_dir("/tmp/w/sub")
        watcher, events = fs.watch_dir("/tmp/w", recursive=True, include_entry=True), []
        fs.write("/tmp/w/sub/deep", "12345")
        until(lambda: ("sub/deep", kinds.WRITE) in told(watcher, events), "a write below is told")
        fs.make_dir("/tmp/w/new")
        until(lambda: ("new", kinds.CREATE) in told(watcher, events), "a folder is told")
        fs.write("/tmp/w/new/file", "x")
        until(lambda: ("new/file", kinds.CREATE) in told(watcher, events) or ("new/file", kinds.WRITE) in
              told(watcher, events), "a new folder is watched too")
        entries = [event.entry for event in events if event.name == "sub/deep" and event.entry]
        assert entries and entries[-1].path == "/tmp/w/sub/deep", events
        watcher.stop()


@check("sync.files.watch_errors")
def watch_errors():
    with Sandbox.create(timeout=300) as sandbox:
        sandbox.files.write("/tmp/file", "x")
        raises(FileNotFoundException, lambda: sandbox.files.watch_dir("/tmp/nope"), "path /tmp/nope not found")
        raises(InvalidArgumentException, lambda: sandbox.files.watch_dir("/tmp/file"),
               "path /tmp/file not a directory")
        watcher = sandbox.files.watch_dir("/tmp")
        watcher.stop()
        gone = raises(NotFoundException, watcher.stop)
        assert str(gone).startswith("watcher with id w") and str(gone).endswith(" not found"), gone
