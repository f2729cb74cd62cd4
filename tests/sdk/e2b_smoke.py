"""Drives the E2B stand-in with the unmodified official SDK.

Goal: what a user of the SDK sees (results and exception classes) is what the hosted E2B gives.
Method: E2B_API_KEY, E2B_API_URL and E2B_SANDBOX_URL point the SDK at the stand-in; every check is
an assertion, every wait is bounded. Capabilities of the engine come in CUTOVER_CAPABILITIES.
"""

import os
import sys
import time
from urllib.request import urlopen

from e2b import (
    AuthenticationException,
    CommandExitException,
    FileNotFoundException,
    FileType,
    InvalidArgumentException,
    NotFoundException,
    Sandbox,
    SandboxException,
    SandboxNotFoundException,
    SandboxQuery,
    SandboxState,
    TimeoutException,
)
from e2b.exceptions import SandboxNotRunningException
from e2b.sandbox.commands.command_handle import PtySize

CAPABILITIES = os.environ.get("CUTOVER_CAPABILITIES", "").split(",")
ISOLATED = "isolation" in CAPABILITIES
ROOT = ISOLATED and "root" in CAPABILITIES


def raises(kind, action, text=""):
    """The exception that `action` must raise, of exactly this class."""
    try:
        result = action()
    except Exception as error:  # noqa: BLE001
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        assert text in str(error), f"{text!r} is not in {error}"
        return error
    raise AssertionError(f"no {kind.__name__}, but {result!r}")


def until(condition, what, seconds=10):
    """Waits until `condition` holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def commands(sandbox):
    done = sandbox.commands.run("echo out; echo err >&2")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "out\n", "err\n"), done
    assert done.error is None or done.error == "", done

    failed = raises(CommandExitException, lambda: sandbox.commands.run("echo o; echo e >&2; exit 3"))
    assert (failed.exit_code, failed.stdout, failed.stderr) == (3, "o\n", "e\n")
    assert failed.error == "exit status 3"

    missing = raises(CommandExitException, lambda: sandbox.commands.run("no-such-program-at-all"))
    assert missing.exit_code == 127 and "command not found" in missing.stderr

    env = sandbox.commands.run('echo "$A/$B/$E2B_SANDBOX/$E2B_SANDBOX_ID"', envs={"B": "command"})
    assert env.stdout == f"sandbox/command/true/{sandbox.sandbox_id}\n", env.stdout

    stdin = sandbox.commands.run("cat; echo end")
    assert stdin.stdout == "end\n", "stdin is off unless asked for"

    big = sandbox.commands.run("head -c 3000000 /dev/zero | tr '\\0' x")
    assert len(big.stdout) == 3000000 and set(big.stdout) == {"x"}

    chunks = []
    sandbox.commands.run("printf 'a\\nb\\n'", on_stdout=chunks.append)
    assert "".join(chunks) == "a\nb\n"

    raises(InvalidArgumentException, lambda: sandbox.commands.run("pwd", cwd="/no/such/dir"),
           "cwd '/no/such/dir' does not exist")
    raises(AuthenticationException, lambda: sandbox.commands.run("id", user="nobody-here"),
           "invalid username: 'nobody-here'")
    if ISOLATED:
        who = sandbox.commands.run("id -un; pwd; echo $HOME; env | grep -c ^LANG= || true")
        assert who.stdout == "user\n/home/user\n/home/user\n0\n", who.stdout
        assert sandbox.commands.run("pwd", cwd="/tmp").stdout == "/tmp\n"

    began = time.monotonic()
    raises(TimeoutException, lambda: sandbox.commands.run("echo x; exec sleep 60", timeout=1))
    assert time.monotonic() - began < 10
    until(lambda: not any("sleep 60" in " ".join(p.args) for p in sandbox.commands.list()),
          "the time limit kills the process")


def background(sandbox):
    handle = sandbox.commands.run("read line; echo got:$line; exec sleep 300",
                                  background=True, stdin=True, timeout=0)
    other = sandbox.commands.connect(handle.pid, timeout=30)
    listed = [p for p in sandbox.commands.list() if p.pid == handle.pid]
    assert len(listed) == 1 and listed[0].cmd == "/bin/bash" and listed[0].args[:2] == ["-l", "-c"]
    sandbox.commands.send_stdin(handle.pid, "hello\n")
    for stdout, _stderr, _pty in other:
        if stdout:
            assert stdout == "got:hello\n", stdout
            break
    handle.disconnect()
    assert any(p.pid == other.pid for p in sandbox.commands.list()), "disconnecting kills nothing"
    again = sandbox.commands.connect(other.pid, timeout=30)
    assert sandbox.commands.kill(other.pid) is True
    killed = raises(CommandExitException, again.wait)
    assert killed.exit_code == -1 and killed.error == "signal: killed", killed
    until(lambda: sandbox.commands.kill(other.pid) is False, "a dead process is not found")
    raises(NotFoundException, lambda: sandbox.commands.send_stdin(other.pid, "x"),
           f"process with pid {other.pid} not found")
    raises(NotFoundException, lambda: sandbox.commands.connect(999999),
           "process with pid 999999 not found")

    counted = sandbox.commands.run("wc -c", background=True, stdin=True)
    counted.send_stdin("12345")
    counted.close_stdin()
    assert counted.wait().stdout.strip() == "5"
    late = sandbox.commands.connect(counted.pid)
    assert late.wait().stdout == "", "an ended process is found, its output is not"

    streamed = sandbox.commands.run("head -n 3", background=True, stdin=True)
    sandbox.commands.stream_input(streamed.pid, (f"{n}\n" for n in range(3)))
    assert streamed.wait().stdout == "0\n1\n2\n"


def terminal(sandbox):
    seen = []
    pty = sandbox.pty.create(PtySize(rows=20, cols=70), timeout=30)
    sandbox.pty.send_stdin(pty.pid, b"stty size; echo done=$((40+2)); exit 4\n")
    ended = raises(CommandExitException, lambda: pty.wait(on_pty=seen.append))
    text = b"".join(bytes(piece) for piece in seen)
    assert ended.exit_code == 4 and b"20 70" in text and b"done=42" in text, text


def files(sandbox):
    fs = sandbox.files
    written = fs.write("/tmp/dir/a b.txt", "héllo\n")
    assert (written.path, written.name, written.type) == (
        "/tmp/dir/a b.txt", "a b.txt", FileType.FILE), written
    assert fs.read("/tmp/dir/a b.txt") == "héllo\n"
    data = bytes(range(256)) * 5000
    fs.write("blob", data, use_octet_stream=True)
    assert bytes(fs.read("/home/user/blob", format="bytes")) == data
    assert b"".join(fs.read("blob", format="stream")) == data
    fs.write("empty", "")
    assert fs.read("empty") == ""
    several = fs.write_files([{"path": "/tmp/dir/one", "data": "1"},
                              {"path": "/tmp/dir/sub/two", "data": b"2"}])
    assert [it.path for it in several] == ["/tmp/dir/one", "/tmp/dir/sub/two"]
    assert fs.read("/tmp/dir/sub/two") == "2"

    info = fs.get_info("/tmp/dir/one")
    assert (info.name, info.type, info.size, info.permissions, info.owner) == (
        "one", FileType.FILE, 1, "-rw-r--r--", "user"), info
    assert info.mode == 0o644 and abs(time.time() - info.modified_time.timestamp()) < 600
    names = [it.path for it in fs.list("/tmp/dir")]
    assert names == ["/tmp/dir/a b.txt", "/tmp/dir/one", "/tmp/dir/sub"], names
    deep = [it.path for it in fs.list("/tmp/dir", depth=2)]
    assert deep == names + ["/tmp/dir/sub/two"], deep

    assert fs.make_dir("/tmp/new/deep") is True and fs.make_dir("/tmp/new/deep") is False
    moved = fs.rename("/tmp/dir/one", "/tmp/new/moved")
    assert moved.path == "/tmp/new/moved" and not fs.exists("/tmp/dir/one")
    assert fs.exists("/tmp/new/moved") and fs.read("/tmp/new/moved") == "1"
    fs.remove("/tmp/new")
    fs.remove("/tmp/new")
    assert not fs.exists("/tmp/new/moved")
    if ISOLATED:
        sandbox.commands.run("ln -s '/tmp/dir/a b.txt' /tmp/link; ln -s nowhere /tmp/dangling")
        assert fs.read("/tmp/link") == "héllo\n"
        assert fs.get_info("/tmp/link").symlink_target == "/tmp/dir/a b.txt"
        assert sandbox.commands.run("cat '/tmp/dir/a b.txt'").stdout == "héllo\n"

    if ROOT:
        assert sandbox.commands.run("id -u; echo $HOME", user="root").stdout == "0\n/root\n"
        sandbox.commands.run("echo s > /root/secret; chmod 600 /root/secret", user="root")
        raises(CommandExitException, lambda: sandbox.commands.run("cat /root/secret"))
        assert fs.read("/root/secret") == "s\n", "the file service reads as root"
        assert fs.get_info("/root/secret").owner == "root"
        fs.write("/root/secret", "t", user="user")
        after = fs.get_info("/root/secret")
        assert (after.owner, after.permissions) == ("user", "-rw-------"), after

    raises(FileNotFoundException, lambda: fs.read("/tmp/nope"), "path '/tmp/nope' does not exist")
    raises(FileNotFoundException, lambda: fs.get_info("/tmp/nope"), "file not found: lstat /tmp/nope")
    raises(FileNotFoundException, lambda: fs.list("/tmp/nope"), "path not found: lstat /tmp/nope")
    raises(FileNotFoundException, lambda: fs.rename("/tmp/nope", "/tmp/x"), "source file not found")
    raises(InvalidArgumentException, lambda: fs.read("/tmp/dir"), "path '/tmp/dir' is a directory")
    raises(InvalidArgumentException, lambda: fs.write("/tmp/dir", "x"), "path is a directory")
    raises(InvalidArgumentException, lambda: fs.list("/tmp/dir/a b.txt"), "path is not a directory")
    raises(AuthenticationException, lambda: fs.read("/tmp/dir/a b.txt", user="nobody-here"),
           "unknown user nobody-here")
    watcher = fs.watch_dir("/tmp/dir")
    fs.write("/tmp/dir/watched", "x")
    events = []
    until(lambda: events.extend(watcher.get_new_events()) or "watched" in [e.name for e in events],
          "a write in a watched directory is told")
    watcher.stop()
    raises(FileNotFoundException, lambda: fs.watch_dir("/tmp/nope"), "path /tmp/nope not found")
    url = sandbox.download_url("/tmp/dir/a b.txt", use_signature_expiration=60)
    assert urlopen(url, timeout=10).read() == "héllo\n".encode()


def lifecycle(sandbox):
    info = sandbox.get_info()
    assert info.sandbox_id == sandbox.sandbox_id and info.state == SandboxState.RUNNING, info
    assert info.metadata == {"purpose": "smoke test", "a/b": "c=d&e"}, info.metadata
    assert 0 < (info.end_at - info.started_at).total_seconds() <= 120
    sandbox.set_timeout(600)
    later = sandbox.get_info()
    assert (later.end_at - info.end_at).total_seconds() > 400
    reconnected = Sandbox.connect(sandbox.sandbox_id, timeout=60)
    assert reconnected.commands.run("echo again").stdout == "again\n"
    assert sandbox.get_info().end_at == later.end_at, "connect never shortens"

    def listed(query):
        pages = Sandbox.list(query=query, limit=1)
        found = []
        while pages.has_next:
            found += [it.sandbox_id for it in pages.next_items()]
        return found

    second = Sandbox.create(timeout=60, metadata={"purpose": "smoke test"})
    both = listed(SandboxQuery(metadata={"purpose": "smoke test"}))
    assert both == [second.sandbox_id, sandbox.sandbox_id], both
    assert listed(SandboxQuery(metadata={"a/b": "c=d&e"})) == [sandbox.sandbox_id]
    assert listed(SandboxQuery(metadata={"purpose": "other"})) == []
    assert second.pause()
    assert listed(SandboxQuery(state=[SandboxState.PAUSED])) == [second.sandbox_id]
    assert second.is_running() is False
    second.connect(timeout=60)
    assert second.commands.run("echo resumed").stdout == "resumed\n"
    second.set_timeout(0)
    until(lambda: not second.is_running(), "a lifetime of 0 ends it")
    assert second.kill() is False


def death(sandbox):
    assert sandbox.is_running() is True
    handle = sandbox.commands.run("exec sleep 300", background=True, timeout=0)
    assert sandbox.kill() is True
    raises(SandboxNotRunningException, handle.wait)
    assert sandbox.is_running() is False and sandbox.kill() is False
    raises(SandboxNotRunningException, lambda: sandbox.commands.run("true"), "was not found")
    raises(SandboxNotRunningException, lambda: sandbox.files.read("/x"), "was not found")
    raises(SandboxNotFoundException, lambda: sandbox.set_timeout(5), "not found")
    raises(SandboxNotFoundException, sandbox.get_info, "not found")
    raises(SandboxException, lambda: Sandbox.create("no-such-template"),
           "404: template 'no-such-template' not found")
    raises(SandboxException, lambda: Sandbox.create(timeout=0), "Timeout must be greater than 0")
    raises(AuthenticationException, lambda: Sandbox.create(api_key="e2b_" + "0" * 40),
           "Cannot get the team for the given API key")


def main():
    sandbox = Sandbox.create(timeout=120, envs={"A": "sandbox"},
                             metadata={"purpose": "smoke test", "a/b": "c=d&e"})
    for part in (commands, background, terminal, files, lifecycle, death):
        began = time.monotonic()
        part(sandbox)
        print(f"{part.__name__}: ok in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
