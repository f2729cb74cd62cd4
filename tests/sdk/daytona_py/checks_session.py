"""Sessions, their logs and their input: contract 2.4, 3.4 and 3.5."""

import asyncio
import contextlib
import threading

from daytona import (
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaGoneError,
    DaytonaNotFoundError,
    SessionExecuteRequest,
)
from daytona.common.errors import DaytonaError, DaytonaInternalServerError

from flavours import check

REQUEST = SessionExecuteRequest


@check()
async def keeps_its_state(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        run = lambda command: sdk.of(process.execute_session_command("s", REQUEST(command=command)))  # noqa: E731
        done = await run("mkdir sub; cd sub; X=kept; export Y=too; f() { echo f; }")
        assert done.exit_code == 0 and done.cmd_id, done
        done = await run('basename "$PWD"; echo "$X$Y"; f')
        assert (done.exit_code, done.stdout) == (0, "sub\nkepttoo\nf\n"), done
        await sdk.of(process.delete_session("s"))


@check()
async def two_streams(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        run = lambda command: sdk.of(process.execute_session_command("s", REQUEST(command=command)))  # noqa: E731
        # Each line is ended, though the program did not end it.
        done = await run("echo o; echo e >&2; printf end")
        assert (done.exit_code, done.stdout, done.stderr) == (0, "o\nend\n", "e\n"), done
        assert "\x01\x01\x01" in done.output and "\x02\x02\x02" in done.output, done
        done = await run("(exit 5)")
        assert (done.exit_code, done.stdout, done.stderr) == (5, "", ""), done
        # A synchronous command has no input.
        assert (await run("cat")).stdout == ""
        logs = await sdk.of(process.get_session_command_logs("s", done.cmd_id))
        assert (logs.stdout or "", logs.stderr or "") == ("", ""), logs
        await sdk.of(process.delete_session("s"))


@check()
async def listed_and_deleted(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        assert await sdk.of(process.list_sessions()) == []
        await sdk.of(process.create_session("a"))
        await sdk.of(process.create_session("b"))
        done = await sdk.of(process.execute_session_command("a", REQUEST(command="echo 1; (exit 2)")))
        session = await sdk.of(process.get_session("a"))
        assert session.session_id == "a", session
        assert [(c.id, c.command, c.exit_code) for c in session.commands] == [
            (done.cmd_id, "echo 1; (exit 2)", 2)
        ], session
        command = await sdk.of(process.get_session_command("a", done.cmd_id))
        assert (command.id, command.command, command.exit_code) == (done.cmd_id, "echo 1; (exit 2)", 2), command
        listed = sorted(session.session_id for session in await sdk.of(process.list_sessions()))
        assert listed == ["a", "b"], listed
        await sdk.of(process.delete_session("a"))
        missing = "Failed to get session: not found: session not found"
        await sdk.raises(DaytonaNotFoundError, lambda: process.get_session("a"), missing, 404)
        missing = "Failed to delete session: not found: session not found"
        await sdk.raises(DaytonaNotFoundError, lambda: process.delete_session("a"), missing, 404)
        assert [session.session_id for session in await sdk.of(process.list_sessions())] == ["b"]


@check()
async def refusals(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        taken = "Failed to create session: conflict: session already exists"
        await sdk.raises(DaytonaConflictError, lambda: process.create_session("s"), taken, 409)
        reserved = "provided session ID is reserved"
        await sdk.raises(DaytonaBadRequestError, lambda: process.create_session("entrypoint"), reserved, 400)
        await sdk.raises(DaytonaBadRequestError, lambda: process.create_session(""), "invalid body request", 400)
        await sdk.raises(DaytonaBadRequestError, lambda: process.delete_session("entrypoint"), "", 400)
        execute = process.execute_session_command
        await sdk.raises(DaytonaBadRequestError, lambda: execute("s", REQUEST(command=" ")), "", 400)
        lost = "Failed to execute session command: failed to execute command: not found: session not found"
        # The wrapping makes it a 500 (contract 2.4).
        await sdk.raises(DaytonaInternalServerError, lambda: execute("none", REQUEST(command="true")), lost, 500)
        closed = "can't execute command in entrypoint session"
        await sdk.raises(DaytonaBadRequestError, lambda: execute("entrypoint", REQUEST(command="true")), closed, 400)
        await sdk.raises(DaytonaNotFoundError, lambda: process.get_session_command("s", "none"), "", 404)
        await sdk.raises(DaytonaNotFoundError, lambda: process.get_session_command_logs("s", "none"), "", 404)
        await sdk.raises(DaytonaNotFoundError, lambda: process.send_session_command_input("s", "none", "x"), "", 404)


@check()
async def takes_input(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        request = REQUEST(command="read line; echo got $line >&2; (exit 4)", run_async=True)
        running = await sdk.of(process.execute_session_command("s", request))
        assert running.cmd_id and running.exit_code is None, running
        command = await sdk.of(process.get_session_command("s", running.cmd_id))
        assert command.exit_code is None, command
        await sdk.of(process.send_session_command_input("s", running.cmd_id, "hello"))
        assert await _exit_code(sdk, process, "s", running.cmd_id) == 4
        logs = await sdk.of(process.get_session_command_logs("s", running.cmd_id))
        # What is typed is echoed to the output.
        assert (logs.stdout, logs.stderr) == ("hello\n", "got hello\n"), logs
        late = lambda: process.send_session_command_input("s", running.cmd_id, "x")  # noqa: E731
        text = "Failed to send session command input: gone: command has already completed with exit code 4"
        await sdk.raises(DaytonaGoneError, late, text, 410)


@check()
async def echo_can_be_suppressed(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        request = REQUEST(command="read line; echo got $line", run_async=True, suppress_input_echo=True)
        running = await sdk.of(process.execute_session_command("s", request))
        await sdk.of(process.send_session_command_input("s", running.cmd_id, "hidden\n"))
        assert await _exit_code(sdk, process, "s", running.cmd_id) == 0
        logs = await sdk.of(process.get_session_command_logs("s", running.cmd_id))
        assert logs.stdout == "got hidden\n", logs


@check()
async def exit_ends_the_shell(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        request = REQUEST(command="exit 3", run_async=True)
        lost = await sdk.of(process.execute_session_command("s", request))

        async def ended():
            try:
                await sdk.of(process.send_session_command_input("s", lost.cmd_id, "x"))
            except DaytonaError as error:
                return "session process has exited" in str(error) and isinstance(error, DaytonaGoneError)
            return False

        await sdk.until(ended, "the shell has ended")
        command = await sdk.of(process.get_session_command("s", lost.cmd_id))
        assert command.exit_code is None, command
        await sdk.of(process.delete_session("s"))


@check(slow=True)
async def streamed_logs(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        script = "for n in 1 2 3; do echo out $n; echo err $n >&2; done; read line; echo got $line; echo 'é✓'"
        request = REQUEST(command=script, run_async=True)
        running = await sdk.of(process.execute_session_command("s", request))
        await sdk.of(process.send_session_command_input("s", running.cmd_id, "on"))
        out, err = [], []
        await sdk.of(process.get_session_command_logs_async("s", running.cmd_id, out.append, err.append))
        assert "".join(err) == "err 1\nerr 2\nerr 3\n", err
        lines = "".join(out).splitlines()
        # The echo of the input has no fixed place among the lines.
        assert sorted(lines) == sorted(["out 1", "out 2", "out 3", "on", "got on", "é✓"]), lines
        assert await _exit_code(sdk, process, "s", running.cmd_id) == 0


@check(slow=True)
async def streamed_logs_of_an_ended_command(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        script = "head -c 200000 /dev/zero | tr '\\0' x; echo; echo last >&2"
        done = await sdk.of(process.execute_session_command("s", REQUEST(command=script)))
        assert done.stdout == "x" * 200_000 + "\n", len(done.stdout)
        out, err = [], []
        await sdk.of(process.get_session_command_logs_async("s", done.cmd_id, out.append, err.append))
        assert "".join(out) == done.stdout and "".join(err) == "last\n", (len("".join(out)), err)


@check()
async def streamed_logs_of_nothing(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        await sdk.of(process.create_session("s"))
        quiet = lambda text: None  # noqa: E731
        action = lambda: process.get_session_command_logs_async("s", "none", quiet, quiet)  # noqa: E731
        # Instead of the upgrade comes a 404, which the websocket libraries tell in their own words.
        await sdk.raises(DaytonaError, action, "Failed to get session command logs: ")


@check()
async def entrypoint(sdk):
    async with sdk.sandbox() as sandbox:
        process = sandbox.process
        session = await sdk.of(process.get_entrypoint_session())
        assert session.session_id == "entrypoint", session
        # The image names no entrypoint, so it is the one that keeps a container alive.
        assert [(c.command, c.exit_code) for c in session.commands] == [("sleep infinity", None)], session
        logs = await sdk.of(process.get_entrypoint_logs())
        assert (logs.stdout or "", logs.stderr or "") == ("", ""), logs
        # It is not among those that a user made.
        assert await sdk.of(process.list_sessions()) == []


@check(slow=True)
async def entrypoint_streamed(sdk):
    async with sdk.sandbox() as sandbox:
        shown = []
        following = sandbox.process.get_entrypoint_logs_async(shown.append, shown.append)
        ended = _follow(sdk, following)
        await sdk.pause(0.5)
        # It never ends by itself; with the sandbox it does.
        await sdk.of(sandbox.delete(wait=True))
        assert await ended(20), "the log is still followed though the sandbox is gone"
        assert shown == [], shown


def _follow(sdk, following):
    """Begins to follow a log; gives what waits for its end, however it ends."""
    if sdk.is_async:
        task = asyncio.ensure_future(following)

        async def ended(seconds):
            done, _ = await asyncio.wait([task], timeout=seconds)
            return bool(done) and (task.exception(), True)[1]

        return ended

    def run():
        with contextlib.suppress(DaytonaError):
            asyncio.run(following)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    async def ended(seconds):
        thread.join(seconds)
        return not thread.is_alive()

    return ended


async def _exit_code(sdk, process, session, command):
    async def ended():
        found = await sdk.of(process.get_session_command(session, command))
        return None if found.exit_code is None else (found.exit_code,)

    return (await sdk.until(ended, "the command has ended"))[0]
