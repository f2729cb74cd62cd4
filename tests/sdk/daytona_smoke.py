"""Drives the Daytona stand-in with the unmodified official SDK.

Goal: what a user of the SDK sees (results and exception classes) is what the hosted Daytona gives.
Method: DAYTONA_API_KEY, DAYTONA_API_URL and DAYTONA_TARGET point the SDK at the stand-in; every
check is an assertion, every wait is bounded. Capabilities of the engine come in
CUTOVER_CAPABILITIES.
"""

import os
import sys
import time

from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaConfig, SessionExecuteRequest
from daytona.common.errors import (
    DaytonaAuthenticationError,
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaError,
    DaytonaForbiddenError,
    DaytonaGoneError,
    DaytonaNotFoundError,
    DaytonaTimeoutError,
)
from daytona.common.filesystem import FileDownloadRequest, FileUpload

ISOLATED = "isolation" in os.environ.get("CUTOVER_CAPABILITIES", "").split(",")


def raises(kind, action, text="", status=None):
    """The exception that `action` must raise, of exactly this class."""
    try:
        result = action()
    except Exception as error:  # noqa: BLE001
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        assert text in str(error), f"{text!r} is not in {error}"
        if status is not None:
            assert error.status_code == status, f"{error.status_code} instead of {status}: {error}"
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
    run = sandbox.process.exec
    done = run("echo out; echo err >&2; echo again", timeout=10)
    assert (done.exit_code, done.result) == (0, "out\nerr\nagain\n"), done
    assert done.artifacts.stdout == done.result, done
    assert run("exit 3", timeout=10).exit_code == 3
    assert run("exit 300", timeout=10).exit_code == 44
    missing = run("no-such-command-here", timeout=10)
    assert missing.exit_code == 127 and "line 1: no-such-command-here" in missing.result, missing
    # The script is the shell's standard input, so a child can swallow the rest of it.
    assert run("cat\necho hi", timeout=10).result == "echo hi"
    killed = run("echo before; kill -9 $$", timeout=10)
    assert (killed.exit_code, killed.result) == (-1, "before\n"), killed
    binary = run(r"printf 'a\377\000<b>\342\202'", timeout=10)
    assert binary.result == "a\ufffd\0<b>\ufffd\ufffd", binary
    large = run("head -c 3000000 /dev/zero | tr '\\0' x", timeout=60)
    assert large.result == "x" * 3_000_000, len(large.result)


def places(sandbox):
    run = sandbox.process.exec
    assert sandbox.get_work_dir() == "/home/user"
    assert sandbox.get_user_home_dir() == "/home/user"
    if ISOLATED:
        assert run("pwd", timeout=10).result == "/home/user\n"
        assert run("pwd", cwd="/tmp", timeout=10).result == "/tmp\n"
    assert run("mkdir -p deep && cd deep && touch here", timeout=10).exit_code == 0
    assert run("ls", cwd="deep", timeout=10).result == "here\n"
    nowhere = run("pwd", cwd="/no/such/place", timeout=10)
    assert nowhere.exit_code == -1, nowhere
    assert nowhere.result.startswith("fork/exec "), nowhere
    assert nowhere.result.endswith(": no such file or directory"), nowhere
    shown = run("printf %s \"$A|$FROM_CREATE|$DAYTONA_SANDBOX_ID|$DEBIAN_FRONTEND\"", env={"A": "a b"})
    assert shown.result == f"a b|yes|{sandbox.id}|noninteractive", shown
    assert run("printf %s \"${A-unset}\"", timeout=10).result == "unset"


def refusals(sandbox):
    run = sandbox.process.exec
    timed_out = raises(
        DaytonaTimeoutError, lambda: run("echo lost; sleep 30", timeout=1), "command execution timeout", 408
    )
    assert "lost" not in str(timed_out), timed_out
    begun = time.monotonic()
    raises(DaytonaTimeoutError, lambda: run("sleep 30 & exit 0", timeout=1), status=408)
    assert time.monotonic() - begun < 10
    assert run("sleep 30 >/dev/null 2>&1 & echo at once", timeout=10).result == "at once\n"
    raises(DaytonaBadRequestError, lambda: run("  \n"), "command cannot be empty or whitespace-only")
    raises(DaytonaBadRequestError, lambda: run(""), "failed on the 'required' tag")
    bad = "invalid environment variable name: 'X-Y'"
    raises(DaytonaBadRequestError, lambda: run("true", env={"X-Y": "1"}), bad)
    raises(DaytonaError, lambda: sandbox.git.status("x"), "the stand-in does not implement GET /git/status", 501)


def files(sandbox):
    fs = sandbox.fs
    content = bytes(range(256)) * 300
    fs.upload_file(content, "/home/user/up/loaded.bin")
    assert fs.download_file("/home/user/up/loaded.bin") == content
    assert fs.download_file("up/loaded.bin") == content
    info = fs.get_file_info("up/loaded.bin")
    assert (info.name, info.size, info.mode, info.is_dir) == ("loaded.bin", 76800, "-rw-r--r--", False), info
    assert (info.permissions, info.owner, info.group) == ("0644", "1000", "1000"), info
    fs.upload_files(
        [FileUpload(source=b"one", destination="up/1.txt"), FileUpload(source=b"", destination="up/ 2 .txt")]
    )
    assert [entry.name for entry in fs.list_files("up")] == [" 2 .txt", "1.txt", "loaded.bin"]
    got = fs.download_files([FileDownloadRequest(source=path) for path in ("up/1.txt", "up/none", "up")])
    assert got[0].result == b"one" and got[0].error is None, got
    assert got[1].result is None and "file not found: up/none" in got[1].error, got
    assert "path points to a directory" in got[2].error, got
    raises(DaytonaNotFoundError, lambda: fs.download_file("/no/such"), "file not found: /no/such", 404)
    raises(DaytonaBadRequestError, lambda: fs.download_file("/home/user/up"), "points to a directory", 400)
    raises(DaytonaNotFoundError, lambda: fs.get_file_info("/no/such"), "no such file or directory", 404)
    raises(DaytonaNotFoundError, lambda: fs.list_files("/no/such"), "no such file or directory", 404)
    if ISOLATED:
        raises(DaytonaForbiddenError, lambda: fs.download_file("/etc/shadow"), "permission denied", 403)
        refused = "create: open /etc/x: permission denied"
        raises(DaytonaError, lambda: fs.upload_file(b"x", "/etc/x"), refused)


def folders(sandbox):
    fs = sandbox.fs
    fs.create_folder("tree/below", "750")
    assert fs.get_file_info("tree/below").mode == "drwxr-x---"
    fs.create_folder("tree/below", "700")
    assert fs.get_file_info("tree/below").mode == "drwxr-x---"
    fs.upload_file(b"alpha\nbeta\nalphabet\n", "tree/a.txt")
    fs.move_files("tree/a.txt", "tree/below/b.txt")
    raises(DaytonaNotFoundError, lambda: fs.move_files("tree/a.txt", "tree/x"), status=404)
    fs.upload_file(b"other", "tree/c.txt")
    taken = "destination already exists"
    raises(DaytonaConflictError, lambda: fs.move_files("tree/c.txt", "tree/below"), taken, 409)
    found = fs.find_files("tree", "alpha")
    assert [(hit.file, hit.line, hit.content) for hit in found] == [
        ("tree/below/b.txt", 1, "alpha"),
        ("tree/below/b.txt", 3, "alphabet"),
    ], found
    assert fs.search_files("tree", "*.txt").files == ["tree/below/b.txt", "tree/c.txt"]
    results = fs.replace_in_files(["tree/c.txt", "tree/none"], "other", "changed")
    assert [result.success for result in results] == [True, False], results
    assert fs.download_file("tree/c.txt") == b"changed"
    fs.set_file_permissions("tree/c.txt", mode="600")
    assert fs.get_file_info("tree/c.txt").permissions == "0600"
    raises(DaytonaBadRequestError, lambda: fs.delete_file("tree"), "without recursive flag", 400)
    fs.delete_file("tree/c.txt")
    fs.delete_file("tree", recursive=True)
    raises(DaytonaNotFoundError, lambda: fs.delete_file("tree"), status=404)


def sessions(sandbox):
    process = sandbox.process
    process.create_session("s1")
    raises(DaytonaConflictError, lambda: process.create_session("s1"), "session already exists", 409)
    request = SessionExecuteRequest
    done = process.execute_session_command("s1", request(command="cd /tmp; X=kept; echo o; echo e >&2; printf end"))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "o\nend\n", "e\n"), done
    done = process.execute_session_command("s1", request(command='printf %s "$X"; (exit 5)'))
    assert (done.exit_code, done.stdout) == (5, "kept\n"), done
    assert process.execute_session_command("s1", request(command="cat")).stdout == ""
    running = process.execute_session_command("s1", request(command="read line; echo got $line", run_async=True))
    assert running.exit_code is None and running.cmd_id, running
    process.send_session_command_input("s1", running.cmd_id, "hello")
    until(
        lambda: process.get_session_command("s1", running.cmd_id).exit_code == 0,
        "the command ends after its input",
    )
    logs = process.get_session_command_logs("s1", running.cmd_id)
    assert sorted(logs.stdout.splitlines()) == ["got hello", "hello"] and logs.stderr == "", logs
    late = lambda: process.send_session_command_input("s1", running.cmd_id, "x")  # noqa: E731
    raises(DaytonaGoneError, late, "already completed with exit code 0", 410)
    session = process.get_session("s1")
    assert len(session.commands) == 4, session
    assert [listed.session_id for listed in process.list_sessions()] == ["s1"]
    lost = process.execute_session_command("s1", request(command="exit 3", run_async=True))
    until(lambda: process_ended(process, lost.cmd_id), "the shell ends")
    assert process.get_session_command("s1", lost.cmd_id).exit_code is None
    process.delete_session("s1")
    raises(DaytonaNotFoundError, lambda: process.get_session("s1"), "session not found", 404)


def process_ended(process, command):
    try:
        process.send_session_command_input("s1", command, "x")
    except DaytonaGoneError as error:
        return "session process has exited" in str(error)
    except DaytonaError:
        return False
    return False


def lifecycle(daytona, sandbox):
    sandbox.process.create_session("gone")
    sandbox.process.exec("echo kept > kept.txt; sleep 1000 >/dev/null 2>&1 &", timeout=10)
    sandbox.stop()
    assert sandbox.state.value == "stopped", sandbox.state
    stopped = "Is the Sandbox started?"
    raises(DaytonaBadRequestError, lambda: sandbox.process.exec("true"), stopped, 400)
    raises(DaytonaBadRequestError, sandbox.stop, "not in a stoppable state", 400)
    sandbox.start()
    assert sandbox.state.value == "started", sandbox.state
    assert sandbox.fs.download_file("kept.txt") == b"kept\n"
    raises(DaytonaNotFoundError, lambda: sandbox.process.get_session("gone"), status=404)
    if ISOLATED:
        left = sandbox.process.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '", timeout=10)
        assert "sleep 1000" not in left.result, left
    labels = {"team": "a", "code-toolbox-language": "python"}
    assert sandbox.set_labels(labels) == labels
    assert [one.id for one in daytona.list()] == [sandbox.id]
    sandbox.set_autostop_interval(30)
    sandbox.refresh_data()
    assert (sandbox.auto_stop_interval, sandbox.labels) == (30, labels), sandbox
    assert daytona.get(sandbox.name).id == sandbox.id


def main():
    daytona = Daytona()
    unknown = CreateSandboxFromSnapshotParams(snapshot="none")
    raises(DaytonaBadRequestError, lambda: daytona.create(unknown), "Snapshot none not found", 400)
    raises(DaytonaNotFoundError, lambda: daytona.get("none"), "Sandbox with ID or name none not found", 404)
    stranger = Daytona(DaytonaConfig(api_key="dtn_wrong", api_url=os.environ["DAYTONA_API_URL"]))
    raises(DaytonaAuthenticationError, lambda: stranger.get("none"), "Invalid credentials", 401)
    wanted = CreateSandboxFromSnapshotParams(
        name="smoke", snapshot="litellm", env_vars={"FROM_CREATE": "yes"}, labels={"team": "smoke"}
    )
    sandbox = daytona.create(wanted, timeout=60)
    assert sandbox.state.value == "started" and sandbox.name == "smoke", sandbox
    assert sandbox.labels["team"] == "smoke", sandbox
    raises(DaytonaConflictError, lambda: daytona.create(wanted), "Sandbox with name smoke already exists", 409)
    for part in (commands, places, refusals, files, folders, sessions):
        part(sandbox)
        print(f"{part.__name__}: ok", flush=True)
    lifecycle(daytona, sandbox)
    sandbox.delete(wait=True)
    raises(DaytonaNotFoundError, lambda: daytona.get(sandbox.id), status=404)
    # The proxy remembers the last good call for two minutes, so this is not yet a 401.
    gone = "sandbox container not found"
    raises(DaytonaNotFoundError, lambda: sandbox.process.exec("true"), gone, 404)
    ephemeral = daytona.create(CreateSandboxFromSnapshotParams(ephemeral=True))
    ephemeral.stop()
    raises(DaytonaNotFoundError, lambda: daytona.get(ephemeral.id), status=404)
    print("all: ok")


if __name__ == "__main__":
    sys.exit(main())
