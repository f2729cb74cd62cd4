"""Commands and code: contract 2.4 and 3.3."""

import time

from daytona import CodeRunParams, DaytonaBadRequestError, DaytonaNotFoundError, DaytonaTimeoutError

from flavours import check
from frame import has


@check()
async def results(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        done = await sdk.of(run("echo out; echo err >&2; echo again", timeout=10))
        assert (done.exit_code, done.result) == (0, "out\nerr\nagain\n"), done
        assert done.artifacts.stdout == done.result and done.artifacts.charts == [], done
        done = await sdk.of(run("true"))
        assert (done.exit_code, done.result) == (0, ""), done
        # What is not ended by a newline is not given one, and nothing is trimmed.
        assert (await sdk.of(run("printf '  a  '"))).result == "  a  "
        assert (await sdk.of(run("echo '<&>'; echo 'héllo ✓'"))).result == "<&>\nhéllo ✓\n"


@check()
async def exit_codes(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        for command, code in (
            ("exit 3", 3),
            ("exit 300", 44),
            ("false\ntrue", 0),
            ("no-such-command-here", 127),
            ("touch plain; ./plain", 126),
            ("sh -c 'kill -TERM $$'", 143),
        ):
            done = await sdk.of(run(command, timeout=20))
            assert done.exit_code == code, (command, done)
        missing = await sdk.of(run("no-such-command-here"))
        assert "line 1: no-such-command-here" in missing.result and "not found" in missing.result, missing
        killed = await sdk.of(run("echo before; kill -9 $$"))
        assert (killed.exit_code, killed.result) == (-1, "before\n"), killed


@check()
async def script_is_standard_input(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        # A child that reads its standard input swallows the rest of the script.
        assert (await sdk.of(run("cat\necho hi", timeout=10))).result == "echo hi"
        assert (await sdk.of(run("cat </dev/null\necho hi", timeout=10))).result == "hi\n"
        heredoc = await sdk.of(run("cat <<END\none\n  two\nEND\necho three", timeout=10))
        assert heredoc.result == "one\n  two\nthree\n", heredoc
        long = "# " + "x" * 300_000 + "\necho after"
        assert (await sdk.of(run(long, timeout=20))).result == "after\n"


@check()
async def binary_and_large_output(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        # Each byte that is no UTF-8 becomes one U+FFFD; NUL stays.
        binary = await sdk.of(run(r"printf 'a\377\000<b>\342\202'", timeout=10))
        assert binary.result == "a\ufffd\0<b>\ufffd\ufffd", binary
        large = await sdk.of(run("head -c 3000000 /dev/zero | tr '\\0' x", timeout=60))
        assert large.result == "x" * 3_000_000, len(large.result)


@check()
async def working_directory(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        assert (await sdk.of(run("mkdir -p deep/er && touch deep/here", timeout=10))).exit_code == 0
        assert (await sdk.of(run("ls", cwd="deep", timeout=10))).result == "er\nhere\n"
        # Nothing persists from one call to the next.
        await sdk.of(run("cd deep; X=1"))
        assert (await sdk.of(run("ls -d deep; printf %s \"${X-unset}\""))).result == "deep\nunset"
        for cwd, why in (("/no/such/place", "no such file or directory"), ("deep/here", "not a directory")):
            nowhere = await sdk.of(run("pwd", cwd=cwd, timeout=10))
            assert nowhere.exit_code == -1 and nowhere.result.startswith("fork/exec "), nowhere
            assert nowhere.result.endswith(f": {why}"), nowhere


@check("isolation")
async def working_directory_is_the_images(sdk):
    async with sdk.sandbox() as sandbox:
        work = await sdk.of(sandbox.get_work_dir())
        assert (await sdk.of(sandbox.process.exec("pwd"))).result == f"{work}\n"
        assert (await sdk.of(sandbox.process.exec("pwd", cwd="/tmp"))).result == "/tmp\n"
        assert (await sdk.of(sandbox.process.exec("pwd", cwd=""))).result == f"{work}\n"


@check()
async def environment(sdk):
    async with sdk.sandbox(env_vars={"GIVEN": "at create"}) as sandbox:
        run = sandbox.process.exec
        script = 'printf "%s|%s|%s|%s" "$A" "$GIVEN" "$DAYTONA_SANDBOX_ID" "$DAYTONA_SANDBOX_USER"'
        shown = await sdk.of(run(script, env={"A": "a b\nc"}))
        assert shown.result == f"a b\nc|at create|{sandbox.id}|daytona", shown
        shown = await sdk.of(run('printf "%s" "$GIVEN"', env={"GIVEN": "by the call"}))
        assert shown.result == "by the call", shown
        bad = "invalid environment variable name: 'X-Y'"
        error = await sdk.raises(DaytonaBadRequestError, lambda: run("true", env={"X-Y": "1"}), bad, 400)
        assert str(error).startswith("Failed to execute command: bad request: "), error


@check()
async def changed_environment(sdk):
    async with sdk.sandbox(env_vars={"OLD": "1", "STAYS": "2"}) as sandbox:
        await sdk.of(sandbox.update_env({"NEW": "3", "STAYS": "4"}, unset=["OLD"]))
        shown = await sdk.of(sandbox.process.exec('printf "%s|%s|%s" "${OLD-unset}" "$STAYS" "$NEW"'))
        assert shown.result == "unset|4|3", shown


@check()
async def blank_commands(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        text = "Failed to execute command: bad request: command cannot be empty or whitespace-only"
        await sdk.raises(DaytonaBadRequestError, lambda: run("  \n"), text, 400)
        text = "Field validation for 'Command' failed on the 'required' tag"
        await sdk.raises(DaytonaBadRequestError, lambda: run(""), text, 400)


@check(slow=True)
async def time_limits(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.exec
        text = "Failed to execute command: request timeout: command execution timeout"
        error = await sdk.raises(DaytonaTimeoutError, lambda: run("echo lost; sleep 30", timeout=1), text, 408)
        assert "lost" not in str(error), error
        # A background child that holds the output keeps the call open, and dies with the group.
        begun = time.monotonic()
        await sdk.raises(DaytonaTimeoutError, lambda: run("sleep 30 & exit 0", timeout=1), "", 408)
        assert time.monotonic() - begun < 15
        begun = time.monotonic()
        freed = await sdk.of(run("sleep 30 >/dev/null 2>&1 & echo at once", timeout=20))
        assert freed.result == "at once\n" and time.monotonic() - begun < 15, freed


@check()
async def at_once(sdk):
    async with sdk.sandbox() as sandbox:
        for number in range(12):
            done = await sdk.of(sandbox.process.exec(f"echo {number}; exit {number}", timeout=20))
            assert (done.exit_code, done.result) == (number, f"{number}\n"), done


@check("python3")
async def code_run_python(sdk):
    async with sdk.sandbox(language="python") as sandbox:
        run = sandbox.process.code_run
        done = await sdk.of(run("print(1 + 2)", timeout=30))
        assert (done.exit_code, done.result) == (0, "3\n"), done
        assert done.artifacts.stdout == "3\n" and done.artifacts.charts == [], done
        params = CodeRunParams(argv=["one", "two"], env={"X": "of the call"})
        done = await sdk.of(run("import os, sys; print(sys.argv[1:], os.environ['X'])", params, timeout=30))
        assert done.result == "['one', 'two'] of the call\n", done
        failed = await sdk.of(run("raise SystemExit(7)", timeout=30))
        assert failed.exit_code == 7, failed
        failed = await sdk.of(run("1/0", timeout=30))
        assert failed.exit_code == 1 and "ZeroDivisionError" in failed.result, failed
        quoted = await sdk.of(run("print('''it's \"$HOME\" `x`''')", timeout=30))
        assert quoted.result == "it's \"$HOME\" `x`\n", quoted


@check("python3")
async def code_run_charts(sdk):
    code = (
        "import json\n"
        "chart = {'type': 'line', 'title': 'T', 'x_label': 'x', 'y_label': 'y', 'x_ticks': [], 'y_ticks': [],\n"
        "  'x_tick_labels': [], 'y_tick_labels': [], 'x_scale': 'linear', 'y_scale': 'linear',\n"
        "  'elements': [{'label': 'l', 'points': [[1, 2], [3, 4]]}]}\n"
        "print('before')\n"
        "print('dtn_artifact_k39fd2:' + json.dumps({'type': 'chart', 'value': chart}))\n"
        "print('after')\n"
    )
    async with sdk.sandbox() as sandbox:
        done = await sdk.of(sandbox.process.code_run(code, timeout=30))
        assert done.result == "before\nafter\n", done
        assert [chart.title for chart in done.artifacts.charts] == ["T"], done


@check("node")
async def code_run_javascript(sdk):
    async with sdk.sandbox(language="javascript") as sandbox:
        done = await sdk.of(sandbox.process.code_run("console.log([1, 2].map(n => n * 2).join())", timeout=30))
        assert (done.exit_code, done.result) == (0, "2,4\n"), done
        failed = await sdk.of(sandbox.process.code_run("process.exit(4)", timeout=30))
        assert failed.exit_code == 4, failed


@check(slow=True)
async def code_run_refusals(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.process.code_run
        # Unlike exec, the SDK gives code_run's refusals no prefix and no class of its own.
        refused = await _refusal(sdk, lambda: run(""))
        assert refused.status == 400, refused
        if has("python3"):
            late = await _refusal(sdk, lambda: run("import time; time.sleep(30)", timeout=1))
            assert late.status == 408 and "command execution timeout" in str(late), late


async def _refusal(sdk, action):
    try:
        result = await sdk.of(action())
    except Exception as error:
        return error
    raise AssertionError(f"an error is due, got {result!r}")


@check()
async def places(sdk):
    async with sdk.sandbox() as sandbox:
        home = await sdk.of(sandbox.get_user_home_dir())
        work = await sdk.of(sandbox.get_work_dir())
        assert (home, work) == ("/home/user", "/home/user"), (home, work)
        assert await sdk.of(sandbox.get_user_root_dir()) == home


@check()
async def after_deletion(sdk):
    async with sdk.sandbox() as sandbox:
        await sdk.of(sandbox.process.exec("true"))
        await sdk.of(sandbox.delete(wait=True))
        # The proxy remembers the last good call for two minutes, so this is not yet a 401.
        text = "Failed to execute command: not found: sandbox container not found"
        await sdk.raises(DaytonaNotFoundError, lambda: sandbox.process.exec("true"), text, 404)
