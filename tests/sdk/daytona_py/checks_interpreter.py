"""Interpreters that keep their state from run to run: contract 2.4."""

from daytona.common.errors import DaytonaConnectionError, DaytonaError, DaytonaNotFoundError, DaytonaTimeoutError

from flavours import check


@check("python3")
async def output_and_state(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.code_interpreter.run_code
        out, err = [], []
        code = "import os, sys\nx = 20\nprint('out')\nprint('err', file=sys.stderr)\nprint(os.environ['GIVEN'])"
        result = await sdk.of(run(code, on_stdout=out.append, on_stderr=err.append, envs={"GIVEN": "by the call"}))
        assert (result.stdout, result.stderr, result.error) == ("out\nby the call\n", "err\n", None), result
        assert "".join(message.output for message in out) == result.stdout, out
        assert "".join(message.output for message in err) == "err\n", err
        # Names stay, the environment of a call does not.
        result = await sdk.of(run("print(x + 1, os.environ.get('GIVEN'))"))
        assert result.stdout == "21 None\n", result


@check("python3")
async def errors(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.code_interpreter.run_code
        told = []
        result = await sdk.of(run("print('before')\nraise ValueError('bad')", on_error=told.append))
        assert result.stdout == "before\n", result
        assert (result.error.name, result.error.value) == ("ValueError", "bad"), result
        assert "ValueError: bad" in result.error.traceback, result
        assert [(error.name, error.value) for error in told] == [("ValueError", "bad")], told
        result = await sdk.of(run("def f(:"))
        assert result.error.name == "SyntaxError", result


@check("python3", slow=True)
async def time_limits(sdk):
    async with sdk.sandbox() as sandbox:
        run = sandbox.code_interpreter.run_code
        text = "Failed to run code: Execution timed out"
        late = lambda: run("import time; time.sleep(60)", timeout=1)  # noqa: E731
        await sdk.raises(DaytonaTimeoutError, late, text)


@check("python3")
async def contexts(sdk):
    async with sdk.sandbox() as sandbox:
        interpreter = sandbox.code_interpreter
        await sdk.of(sandbox.fs.create_folder("below", "755"))
        context = await sdk.of(interpreter.create_context(cwd="/home/user/below"))
        assert context.id and context.language == "python" and context.active, context
        assert context.cwd.endswith("/below"), context
        result = await sdk.of(interpreter.run_code("import os; y = 1; print(os.getcwd())", context=context))
        assert result.stdout.endswith("/below\n"), result
        # What one context knows, another does not.
        result = await sdk.of(interpreter.run_code("print(y)"))
        assert result.error.name == "NameError", result
        assert context.id in [one.id for one in await sdk.of(interpreter.list_contexts())]
        await sdk.of(interpreter.delete_context(context))
        assert context.id not in [one.id for one in await sdk.of(interpreter.list_contexts())]
        gone = "Failed to delete interpreter context: "
        await sdk.raises(DaytonaNotFoundError, lambda: interpreter.delete_context(context), gone, 404)
        lost = lambda: interpreter.run_code("1", context=context)  # noqa: E731
        error = await sdk.raises(DaytonaConnectionError, lost, "context not found")
        assert isinstance(error, DaytonaError) and str(error).startswith("Failed to run code: "), error
