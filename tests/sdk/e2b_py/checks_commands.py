"""Commands: results, streams, environment, users, limits, input, and the list."""

import time

from e2b import (
    AuthenticationException,
    CommandExitException,
    InvalidArgumentException,
    NotFoundException,
    SandboxException,
    TimeoutException,
)

from frame import auntil, equal, has
from kit import twin


@twin("commands.result")
async def result(kit):
    async with kit.sandbox() as sandbox:
        done = await kit(sandbox.commands.run("echo out; echo err >&2"))
        equal((done.exit_code, done.stdout, done.stderr), (0, "out\n", "err\n"))
        equal(done.error, None)
        empty = await kit(sandbox.commands.run("true"))
        equal((empty.exit_code, empty.stdout, empty.stderr, empty.error), (0, "", "", None))
        quoted = await kit.text(sandbox, "printf '%s|' \"a  b\" 'c\"d' e\\ f $'g\\th'")
        equal(quoted, 'a  b|c"d|e f|g\th|')
        lines = await kit.text(sandbox, "cat <<'X'\none\n  two $HOME\nX\nfor i in 1 2; do\necho $i\ndone")
        equal(lines, "one\n  two $HOME\n1\n2\n")


@twin("commands.failure")
async def failure(kit):
    async with kit.sandbox() as sandbox:
        failed = await kit.raises(
            CommandExitException,
            lambda: sandbox.commands.run("echo o; echo e >&2; exit 3"),
            exact="Command exited with code 3 and error:\ne\n",
        )
        equal((failed.exit_code, failed.stdout, failed.stderr, failed.error),
              (3, "o\n", "e\n", "exit status 3"))
        missing = await kit.raises(CommandExitException,
                                   lambda: sandbox.commands.run("no-such-program-at-all"))
        equal((missing.exit_code, missing.error), (127, "exit status 127"))
        assert "no-such-program-at-all: command not found" in missing.stderr, missing.stderr
        syntax = await kit.raises(CommandExitException, lambda: sandbox.commands.run("if"))
        equal((syntax.exit_code, syntax.error), (2, "exit status 2"))
        child = await kit.raises(CommandExitException,
                                 lambda: sandbox.commands.run("sh -c 'kill -TERM $$'; exit $?"))
        equal((child.exit_code, child.error), (143, "exit status 143"))
        leader = await kit.raises(CommandExitException,
                                  lambda: sandbox.commands.run("kill -TERM $$; sleep 60"))
        equal((leader.exit_code, leader.error), (-1, "signal: terminated"))


@twin("commands.environment")
async def environment(kit):
    async with kit.sandbox(envs={"A": "sandbox", "B": "sandbox"}) as sandbox:
        text = 'echo "$A/$B/$E2B_SANDBOX/$E2B_SANDBOX_ID/$E2B_TEMPLATE_ID"'
        told = await kit.text(sandbox, text, envs={"B": "command"})
        template = (await kit(sandbox.get_info())).template_id
        equal(told, f"sandbox/command/true/{sandbox.sandbox_id}/{template}\n")
        odd = {"QUOTES": "a'b\"c", "LINES": "1\n2", "EMPTY": "", "UNI": "é😀"}
        told = await kit.text(sandbox, 'printf "%s|" "$QUOTES" "$LINES" "${EMPTY-unset}" "$UNI"',
                              envs=odd)
        equal(told, "a'b\"c|1\n2||é😀|")
        if has("isolation"):
            names = await kit.text(sandbox, "env | cut -d= -f1 | sort")
            foreign = {"LANG", "TERM", "SHELL", "CARGO", "PYTHONPATH"} & set(names.split())
            equal(foreign, set(), "the host's environment does not leak")


@twin("commands.place", needs=("isolation",))
async def place(kit):
    async with kit.sandbox() as sandbox:
        equal(await kit.text(sandbox, "pwd"), "/home/user\n")
        equal(await kit.text(sandbox, "pwd", cwd="/tmp"), "/tmp\n")
        await kit(sandbox.files.make_dir("/home/user/deep/er"))
        equal(await kit.text(sandbox, "pwd", cwd="deep/er"), "/home/user/deep/er\n")
        equal(await kit.text(sandbox, "pwd", cwd="~/deep"), "/home/user/deep\n")
        equal(await kit.text(sandbox, "id -un; echo $HOME $USER $LOGNAME; umask"),
              "user\n/home/user user user\n0022\n")


@twin("commands.place_missing")
async def place_missing(kit):
    async with kit.sandbox() as sandbox:
        await kit.raises(InvalidArgumentException,
                         lambda: sandbox.commands.run("pwd", cwd="/no/such/dir"),
                         exact="cwd '/no/such/dir' does not exist")


@twin("commands.user_unknown")
async def user_unknown(kit):
    async with kit.sandbox() as sandbox:
        for name in ("nobody-here", "0"):
            await kit.raises(AuthenticationException,
                             lambda name=name: sandbox.commands.run("id", user=name),
                             exact=f"invalid username: '{name}'")


@twin("commands.user_root", needs=("isolation", "root"))
async def user_root(kit):
    async with kit.sandbox() as sandbox:
        equal(await kit.text(sandbox, "id -u; echo $HOME; pwd", user="root"), "0\n/root\n/root\n")
        await kit(sandbox.commands.run("echo s >/root/secret; chmod 600 /root/secret", user="root"))
        await kit.raises(CommandExitException, lambda: sandbox.commands.run("cat /root/secret"),
                         "Permission denied")


@twin("commands.large_output")
async def large_output(kit):
    async with kit.sandbox() as sandbox:
        big = await kit.text(sandbox, "head -c 3000000 /dev/zero | tr '\\0' x")
        assert len(big) == 3000000 and set(big) == {"x"}, len(big)
        wide = await kit.text(sandbox, "for i in $(seq 20000); do printf 'é😀'; done")
        assert wide == "é😀" * 20000, "characters are not cut at the borders of chunks"
        bad = await kit.text(sandbox, "printf 'a\\xff\\xfeb'")
        equal(bad, "a\ufffd\ufffdb")


@twin("commands.callbacks")
async def callbacks(kit):
    async with kit.sandbox() as sandbox:
        out, err = [], []
        done = await kit(sandbox.commands.run("printf 'a\\nb\\n'; printf 'c' >&2",
                                              on_stdout=out.append, on_stderr=err.append))
        equal(("".join(out), "".join(err)), ("a\nb\n", "c"))
        equal((done.stdout, done.stderr), ("a\nb\n", "c"))
        kept = await kit(sandbox.commands.run("echo gone", retain_output=False))
        equal((kept.exit_code, kept.stdout, kept.stderr), (0, None, None))


@twin("commands.timeout")
async def timeout(kit):
    async with kit.sandbox() as sandbox:
        began = time.monotonic()
        await kit.raises(TimeoutException,
                         lambda: sandbox.commands.run("echo x; exec sleep 61.61", timeout=1))
        assert time.monotonic() - began < 30
        await auntil(lambda: _gone(kit, sandbox, "sleep 61.61"), "the limit kills the process")
        none = await kit.text(sandbox, "sleep 0.1; echo late", timeout=0)
        equal(none, "late\n", "0 is no limit")


async def _gone(kit, sandbox, text):
    listed = await kit(sandbox.commands.list())
    return not any(text in " ".join(process.args) for process in listed)


@twin("commands.list")
async def listing(kit):
    async with kit.sandbox() as sandbox:
        equal(await kit(sandbox.commands.list()), [])
        handle = await kit(sandbox.commands.run("exec sleep 300", background=True, timeout=0,
                                                envs={"K": "v"}, cwd="/tmp"))
        listed = await kit(sandbox.commands.list())
        equal([it.pid for it in listed], [handle.pid])
        one = listed[0]
        equal((one.cmd, one.args, one.envs, one.cwd, one.tag),
              ("/bin/bash", ["-l", "-c", "exec sleep 300"], {"K": "v"}, "/tmp", None))
        equal(await kit(handle.kill()), True)
        await auntil(lambda: _gone(kit, sandbox, "sleep 300"), "a killed process is not listed")


@twin("commands.kill")
async def kill(kit):
    async with kit.sandbox() as sandbox:
        handle = await kit(sandbox.commands.run("exec sleep 300", background=True, timeout=0))
        equal(await kit(sandbox.commands.kill(handle.pid)), True)
        killed = await kit.raises(CommandExitException, handle.wait)
        equal((killed.exit_code, killed.error), (-1, "signal: killed"))

        async def refused():
            return await kit(sandbox.commands.kill(handle.pid)) is False

        await auntil(refused, "a dead process is not found")
        equal(await kit(sandbox.commands.kill(999999)), False)
        # Killed through the handle.
        handle = await kit(sandbox.commands.run("exec sleep 300", background=True, timeout=0))
        equal(await kit(handle.kill()), True)
        await kit.raises(CommandExitException, handle.wait)


@twin("commands.kill_leaves_children")
async def kill_leaves_children(kit):
    async with kit.sandbox() as sandbox:
        handle = await kit(sandbox.commands.run(
            "(touch started; sleep 1; echo survived >child) >/dev/null 2>&1 & wait", background=True, timeout=0))
        await auntil(lambda: kit(sandbox.files.exists("started")), "the child runs")
        equal(await kit(handle.kill()), True)
        await auntil(lambda: kit(sandbox.files.exists("child")), "children outlive the leader")


@twin("commands.unknown_process")
async def unknown_process(kit):
    async with kit.sandbox() as sandbox:
        text = "process with pid 999999 not found"
        commands = sandbox.commands
        await kit.raises(NotFoundException, lambda: commands.connect(999999), exact=text)
        await kit.raises(NotFoundException, lambda: commands.send_stdin(999999, "x"), exact=text)
        await kit.raises(NotFoundException, lambda: commands.close_stdin(999999), exact=text)


@twin("commands.stdin")
async def stdin(kit):
    async with kit.sandbox() as sandbox:
        equal(await kit.text(sandbox, "cat; echo end"), "end\n", "off unless asked for")
        commands = sandbox.commands
        handle = await kit(commands.run("read line; echo got:$line; cat", background=True, stdin=True))
        await kit(commands.send_stdin(handle.pid, "hello\n"))
        await kit(commands.send_stdin(handle.pid, b"by\xc3\xa9tes\n"))
        await kit(commands.close_stdin(handle.pid))
        equal((await kit(handle.wait())).stdout, "got:hello\nbyétes\n")
        counted = await kit(commands.run("wc -c", background=True, stdin=True))
        await kit(counted.send_stdin("12345"))
        await kit(counted.send_stdin("6" * 100_000))
        await kit(counted.close_stdin())
        equal((await kit(counted.wait())).stdout.strip(), "100005")


@twin("commands.stdin_off")
async def stdin_off(kit):
    async with kit.sandbox() as sandbox:
        handle = await kit(sandbox.commands.run("exec sleep 300", background=True, stdin=False))
        await kit.raises(SandboxException, lambda: sandbox.commands.send_stdin(handle.pid, "x"),
                         "error writing to stdin: stdin not enabled or closed")
        await kit(handle.kill())


@twin("commands.connect")
async def connect(kit):
    async with kit.sandbox() as sandbox:
        commands = sandbox.commands
        handle = await kit(commands.run("read a; echo $a; read b; echo $b; exit 5", background=True,
                                        stdin=True, timeout=0))
        other = await kit(commands.connect(handle.pid))
        equal(other.pid, handle.pid)
        await kit(other.send_stdin("one\n"))
        await kit(other.send_stdin("two\n"))
        for attached in (handle, other):
            ended = await kit.raises(CommandExitException, attached.wait)
            equal((ended.exit_code, ended.stdout), (5, "one\ntwo\n"))
        late = await kit(commands.connect(handle.pid))
        ended = await kit.raises(CommandExitException, late.wait)
        equal((ended.exit_code, ended.stdout), (5, ""), "an ended process is found, its output is not")


@twin("commands.disconnect")
async def disconnect(kit):
    async with kit.sandbox() as sandbox:
        commands = sandbox.commands
        handle = await kit(commands.run("read a; echo $a", background=True, stdin=True, timeout=0))
        await kit(handle.disconnect())
        equal([it.pid for it in await kit(commands.list())], [handle.pid], "disconnecting kills nothing")
        again = await kit(commands.connect(handle.pid))
        await kit(commands.send_stdin(again.pid, "still\n"))
        equal((await kit(again.wait())).stdout, "still\n")


@twin("commands.output_holds_the_end")
async def output_holds_the_end(kit):
    async with kit.sandbox() as sandbox:
        done = await kit.text(sandbox, "(sleep 0.5; echo child) & echo parent")
        equal(done, "parent\nchild\n", "a command ends when its pipes are closed")
        began = time.monotonic()
        await kit.text(sandbox, "sleep 100 >/dev/null 2>&1 & echo parent")
        assert time.monotonic() - began < 30


@twin("commands.side_by_side")
async def side_by_side(kit):
    async with kit.sandbox() as sandbox:
        commands = sandbox.commands
        handles = [await kit(commands.run(f"read x; echo $((x * {n}))", background=True, stdin=True))
                   for n in range(12)]
        equal(len({handle.pid for handle in handles}), 12)
        for handle in handles:
            await kit(handle.send_stdin("10\n"))
        results = [(await kit(handle.wait())).stdout for handle in handles]
        equal(results, [f"{10 * n}\n" for n in range(12)])
