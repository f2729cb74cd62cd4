"""envd's calls in binary protobuf, by the clients and messages that the SDK has from the provider's
own `.proto` files.

The SDK itself asks for JSON, so nothing else shows whether the stand-in's field numbers are right.
Each field that a call has is sent with a value that shows, or read: a wrong number is an unknown
field to the other side. Two show nothing and are only sent: the keepalive of an input stream, and
`allow_network_mounts`, which matters on network file systems. `is_symlink` is newer than the envd
that the stand-in is.
"""

import contextlib

from connectrpc.code import Code
from connectrpc.codec import proto_binary_codec
from connectrpc.errors import ConnectError
from e2b import Sandbox
from e2b.connection_config import KEEPALIVE_PING_HEADER
from e2b.envd.client_sync import create_rpc_client
from e2b.envd.filesystem.filesystem_connect import FilesystemClientSync
from e2b.envd.filesystem.filesystem_pb import (
    CreateWatcherRequest,
    EventType,
    FileType,
    GetWatcherEventsRequest,
    ListDirRequest,
    MakeDirRequest,
    MoveRequest,
    RemoveRequest,
    RemoveWatcherRequest,
    StatRequest,
    WatchDirRequest,
)
from e2b.envd.process.process_connect import ProcessClientSync
from e2b.envd.process.process_pb import (
    PTY,
    CloseStdinRequest,
    ConnectRequest,
    ListRequest,
    ProcessConfig,
    ProcessInput,
    ProcessSelector,
    SendInputRequest,
    SendSignalRequest,
    Signal,
    StartRequest,
    StreamInputRequest,
    UpdateRequest,
)
from protobuf import Oneof

from frame import check, equal, has, raises, until

# Ends a stream that a wrong number would leave open.
MS_MAX = 60_000

KEEPALIVE = {KEEPALIVE_PING_HEADER: "1"}


def client(kind, sandbox):
    """A client as the SDK makes it, but for its codec."""

    def binary(address, **options):
        return kind(address, **{**options, "codec": proto_binary_codec()})

    return create_rpc_client(binary, sandbox.envd_api_url, sandbox.connection_config)


@contextlib.contextmanager
def processes():
    with Sandbox.create(timeout=300) as sandbox:
        yield client(ProcessClientSync, sandbox)


@contextlib.contextmanager
def files():
    with Sandbox.create(timeout=300) as sandbox:
        yield client(FilesystemClientSync, sandbox), sandbox


def shell(text, **options):
    return ProcessConfig(cmd="/bin/sh", args=["-c", text], **options)


def pid_of(pid):
    return ProcessSelector(selector=Oneof("pid", pid))


def tag_of(tag):
    return ProcessSelector(selector=Oneof("tag", tag))


def stdin(data):
    return ProcessInput(input=Oneof("stdin", data))


def event(message):
    """The name and the value of what an answer of a stream says."""
    said = message.event.event
    return said.field, said.value


def begun(stream):
    name, value = event(next(stream))
    equal(name, "start")
    assert value.pid > 0, value
    return value.pid


def rest(stream):
    """What comes behind the start: stdout, stderr, pty, how many keepalives, and the end."""
    output, keepalives, end = {"stdout": b"", "stderr": b"", "pty": b""}, 0, None
    for message in stream:
        assert end is None, "nothing comes behind the end"
        name, value = event(message)
        if name == "data":
            output[value.output.field] += bytes(value.output.value)
        elif name == "end":
            end = (value.exit_code, value.exited, value.status,
                   value.error if value.has_field("error") else None)
        else:
            equal(name, "keepalive")
            keepalives += 1
    return output, keepalives, end


@check("binary.start")
def start():
    with processes() as rpc:
        config = shell('printf "$A"; printf "$B" >&2; exit 3', envs={"A": "out é", "B": "err"})
        stream = rpc.start(StartRequest(process=config), timeout_ms=MS_MAX)
        begun(stream)
        output, _, end = rest(stream)
        equal(output, {"stdout": "out é".encode(), "stderr": b"err", "pty": b""})
        equal(end, (3, True, "exit status 3", "exit status 3"))
        stream = rpc.start(StartRequest(process=shell("exit 0")), timeout_ms=MS_MAX)
        begun(stream)
        equal(rest(stream)[2], (0, True, "exit status 0", None))
        # Without stdin it is at its end at once.
        stream = rpc.start(StartRequest(process=ProcessConfig(cmd="/bin/cat"), stdin=False),
                           timeout_ms=MS_MAX)
        begun(stream)
        equal(rest(stream)[2][0], 0)
        silent = rpc.start(StartRequest(process=shell("sleep 1.5")), headers=KEEPALIVE,
                           timeout_ms=MS_MAX)
        begun(silent)
        assert rest(silent)[1] > 0, "a keepalive a second"
        missing = rpc.start(StartRequest(process=shell("true", cwd="/nope")), timeout_ms=MS_MAX)
        error = raises(ConnectError, lambda: next(missing))
        equal((error.code, error.message), (Code.INVALID_ARGUMENT, "cwd '/nope' does not exist"))


@check("binary.list_and_connect")
def list_and_connect():
    with processes() as rpc:
        # A folder that every machine has, and that only has one name.
        config = shell("read x; pwd; echo $x", envs={"K": "v w"}, cwd="/usr")
        stream = rpc.start(StartRequest(process=config, tag="mine", stdin=True), timeout_ms=MS_MAX)
        pid = begun(stream)
        [info] = rpc.list(ListRequest(), timeout_ms=MS_MAX).processes
        equal((info.pid, info.tag), (pid, "mine"))
        equal((info.config.cmd, list(info.config.args), dict(info.config.envs), info.config.cwd),
              ("/bin/sh", ["-c", "read x; pwd; echo $x"], {"K": "v w"}, "/usr"))
        others = [rpc.connect(ConnectRequest(process=which), timeout_ms=MS_MAX)
                  for which in (pid_of(pid), tag_of("mine"))]
        for other in others:
            equal(begun(other), pid)
        rpc.send_input(SendInputRequest(process=tag_of("mine"), input=stdin(b"in\n")),
                       timeout_ms=MS_MAX)
        for each in [stream, *others]:
            output, _, end = rest(each)
            equal(output["stdout"], b"/usr\nin\n")
            equal(end[0], 0)
        error = raises(ConnectError,
                       lambda: next(rpc.connect(ConnectRequest(process=pid_of(999_999)))))
        equal((error.code, error.message), (Code.NOT_FOUND, "process with pid 999999 not found"))


@check("binary.input")
def input_of_all_kinds():
    with processes() as rpc:
        stream = rpc.start(StartRequest(process=ProcessConfig(cmd="/bin/cat"), stdin=True),
                           timeout_ms=MS_MAX)
        pid = begun(stream)

        def pieces():
            kind = StreamInputRequest
            yield kind(event=Oneof("start", kind.StartEvent(process=pid_of(pid))))
            yield kind(event=Oneof("data", kind.DataEvent(input=stdin(b"\x00one"))))
            yield kind(event=Oneof("keepalive", kind.KeepAlive()))
            yield kind(event=Oneof("data", kind.DataEvent(input=stdin(b"two\xff"))))

        rpc.stream_input(pieces(), timeout_ms=MS_MAX)
        rpc.close_stdin(CloseStdinRequest(process=pid_of(pid)), timeout_ms=MS_MAX)
        output, _, end = rest(stream)
        equal((output["stdout"], end[0]), (b"\x00onetwo\xff", 0))


@check("binary.signals")
def signals():
    with processes() as rpc:
        for signal, name in ((Signal.SIGTERM, "terminated"), (Signal.SIGKILL, "killed")):
            stream = rpc.start(StartRequest(process=ProcessConfig(cmd="/bin/sleep", args=["60"])),
                               timeout_ms=MS_MAX)
            pid = begun(stream)
            rpc.send_signal(SendSignalRequest(process=pid_of(pid), signal=signal), timeout_ms=MS_MAX)
            equal(rest(stream)[2], (-1, False, f"signal: {name}", f"signal: {name}"))


@check("binary.terminal", needs=("pty",))
def terminal():
    def size(cols, rows):
        return PTY(size=PTY.Size(cols=cols, rows=rows))

    with processes() as rpc:
        config = shell("stty size; read x; stty size; echo $x")
        stream = rpc.start(StartRequest(process=config, pty=size(70, 20)), timeout_ms=MS_MAX)
        pid = begun(stream)
        seen = b""
        while b"20 70" not in seen:
            name, value = event(next(stream))
            equal((name, value.output.field), ("data", "pty"))
            seen += bytes(value.output.value)
        rpc.update(UpdateRequest(process=pid_of(pid), pty=size(111, 33)), timeout_ms=MS_MAX)
        typed = ProcessInput(input=Oneof("pty", b"typed\n"))
        rpc.send_input(SendInputRequest(process=pid_of(pid), input=typed), timeout_ms=MS_MAX)
        output, _, end = rest(stream)
        assert b"33 111\r\ntyped" in output["pty"], output
        equal(end[0], 0)


@check("binary.entries")
def entries():
    with files() as (rpc, sandbox):
        sandbox.files.write("/tmp/b/f", "12345", metadata={"k": "v w"})
        made = rpc.make_dir(MakeDirRequest(path="/tmp/b/d/e")).entry
        equal((made.name, made.type, made.path), ("e", FileType.DIRECTORY, "/tmp/b/d/e"))
        info = rpc.stat(StatRequest(path="/tmp/b/f")).entry
        # The JSON that the SDK reads says the same of every field.
        told = sandbox.files.get_info("/tmp/b/f")
        equal((info.name, info.type, info.path, info.size, info.mode, info.permissions),
              ("f", FileType.FILE, "/tmp/b/f", 5, 0o644, "-rw-r--r--"))
        equal((info.owner, info.group, dict(info.metadata)), (told.owner, told.group, {"k": "v w"}))
        assert info.owner and info.group, info
        at = info.modified_time
        seconds = at.seconds + at.nanos / 1e9
        # Python's times have microseconds.
        assert abs(seconds - told.modified_time.timestamp()) < 3e-6, (at, told.modified_time)
        assert at.nanos > 0, at
        equal((info.has_field("symlink_target"), info.is_symlink), (False, False))
        moved = rpc.move(MoveRequest(source="/tmp/b/f", destination="/tmp/b/g")).entry
        equal((moved.path, moved.size), ("/tmp/b/g", 5))
        listed = rpc.list_dir(ListDirRequest(path="/tmp/b", depth=1)).entries
        equal(sorted((it.path, it.type) for it in listed),
              [("/tmp/b/d", FileType.DIRECTORY), ("/tmp/b/g", FileType.FILE)])
        deep = rpc.list_dir(ListDirRequest(path="/tmp/b", depth=2)).entries
        equal(sorted(it.path for it in deep), ["/tmp/b/d", "/tmp/b/d/e", "/tmp/b/g"])
        rpc.remove(RemoveRequest(path="/tmp/b/g"))
        error = raises(ConnectError, lambda: rpc.stat(StatRequest(path="/tmp/b/g")))
        equal(error.code, Code.NOT_FOUND)
        if has("isolation"):
            sandbox.commands.run("ln -s d /tmp/b/l; mkfifo /tmp/b/p")
            link, pipe = (rpc.stat(StatRequest(path=f"/tmp/b/{name}")).entry for name in "lp")
            equal((link.type, link.symlink_target), (FileType.DIRECTORY, "/tmp/b/d"))
            equal((pipe.name, pipe.type), ("p", FileType.UNSPECIFIED))


@check("binary.watch")
def watch():
    kinds = {}
    with files() as (rpc, sandbox):
        fs = sandbox.files
        fs.make_dir("/tmp/w/sub")
        request = {"path": "/tmp/w", "include_entry": True, "allow_network_mounts": True}
        stream = rpc.watch_dir(WatchDirRequest(recursive=True, **request), headers=KEEPALIVE,
                               timeout_ms=MS_MAX)
        equal(next(stream).event.field, "start")
        flat = rpc.watch_dir(WatchDirRequest(path="/tmp/w"), timeout_ms=MS_MAX)
        equal(next(flat).event.field, "start")
        watcher = rpc.create_watcher(CreateWatcherRequest(recursive=True, **request)).watcher_id
        assert watcher, "an id"
        fs.write("/tmp/w/sub/deep", "1")
        fs.write("/tmp/w/f", "12")
        fs.rename("/tmp/w/f", "/tmp/w/g")
        fs.remove("/tmp/w/g")
        sized, keepalives = 0, 0
        while (EventType.REMOVE, "g") not in kinds or not keepalives:
            said = next(stream).event
            if said.field == "keepalive":
                keepalives += 1
                continue
            equal(said.field, "filesystem")
            kinds[said.value.type, said.value.name] = said.value
            if said.value.entry and said.value.entry.path == "/tmp/w/sub/deep":
                sized = max(sized, said.value.entry.size)
        equal(sized, 1, "events carry entries")
        named = {(EventType.CREATE, "sub/deep"), (EventType.WRITE, "f"), (EventType.RENAME, "f"),
                 (EventType.CREATE, "g")}
        equal(named - kinds.keys(), set(), "what happened is told")
        seen = []
        while not seen or seen[-1] != (EventType.REMOVE, "g"):
            said = next(flat).event
            assert said.value.entry is None, "nobody asked for entries"
            seen.append((said.value.type, said.value.name))
        assert not [name for _, name in seen if name.startswith("sub/")], seen
        polled = []

        def removed():
            polled.extend(rpc.get_watcher_events(GetWatcherEventsRequest(watcher_id=watcher)).events)
            return any((it.type, it.name) == (EventType.REMOVE, "g") for it in polled)

        until(removed, "the events of the watcher")
        assert any(it.name == "sub/deep" and it.entry for it in polled), polled
        rpc.remove_watcher(RemoveWatcherRequest(watcher_id=watcher))
        gone = GetWatcherEventsRequest(watcher_id=watcher)
        error = raises(ConnectError, lambda: rpc.get_watcher_events(gone))
        equal(error.code, Code.NOT_FOUND)
        if has("isolation"):
            sandbox.commands.run("touch /tmp/w/c; chmod 600 /tmp/w/c")
            while (EventType.CHMOD, "c") not in kinds:
                said = next(stream).event
                if said.field == "filesystem":
                    kinds[said.value.type, said.value.name] = said.value
        for each in (stream, flat):
            each.close()
