"""git of a local repository: contract 2.6 and 4.3."""

import contextlib

from daytona.common.errors import DaytonaConflictError, DaytonaError, DaytonaNotFoundError

from flavours import check


@contextlib.asynccontextmanager
async def _repository(sdk):
    """A sandbox with a repository of one commit, `work`, and an empty bare one, `remote.git`."""
    async with sdk.sandbox() as sandbox:
        script = (
            "git init -q -b main work && cd work && echo one > one && git add one &&"
            " git -c user.name=A -c user.email=a@b.c commit -qm first &&"
            " git init -q --bare -b main ../remote.git && git remote add origin ../remote.git"
        )
        made = await sdk.of(sandbox.process.exec(script, timeout=30))
        assert made.exit_code == 0, made.result
        yield sandbox, sandbox.git


async def _remote(sdk, sandbox):
    """The bare repository's address; an engine without isolation has it elsewhere on the machine."""
    return await _run(sdk, sandbox, "cd remote.git && pwd")


async def _run(sdk, sandbox, command):
    done = await sdk.of(sandbox.process.exec(command, timeout=30))
    assert done.exit_code == 0, done.result
    return done.result.strip()


@check("git")
async def status_add_commit(sdk):
    async with _repository(sdk) as (sandbox, git):
        status = await sdk.of(git.status("work"))
        assert (status.current_branch, status.file_status) == ("main", []), status
        await sdk.of(sandbox.fs.upload_file(b"two", "work/two"))
        await sdk.of(sandbox.fs.upload_file(b"changed", "work/one"))
        status = await sdk.of(git.status("work"))
        found = {one.name: (one.staging.value, one.worktree.value) for one in status.file_status}
        assert found["two"] == ("Untracked", "Untracked"), found
        assert found["one"] == ("Unmodified", "Modified"), found
        await sdk.of(git.add("work", ["one", "two"]))
        status = await sdk.of(git.status("work"))
        found = {one.name: one.staging.value for one in status.file_status}
        assert found == {"one": "Modified", "two": "Added"}, found
        made = await sdk.of(git.commit("work", "second\n\nwith a body", "Ada Lovelace", "ada@example.com"))
        assert made.sha == await _run(sdk, sandbox, "git -C work rev-parse HEAD"), made
        shown = await _run(sdk, sandbox, "git -C work log -1 --format='%an|%ae|%s|%b'")
        assert shown == "Ada Lovelace|ada@example.com|second|with a body", shown
        assert (await sdk.of(git.status("work"))).file_status == []


@check("git")
async def empty_commits(sdk):
    async with _repository(sdk) as (sandbox, git):
        commit = git.commit
        await sdk.raises(DaytonaError, lambda: commit("work", "none", "A", "a@b.c"), "Failed to commit changes: ")
        made = await sdk.of(commit("work", "none", "A", "a@b.c", allow_empty=True))
        assert made.sha == await _run(sdk, sandbox, "git -C work rev-parse HEAD"), made


@check("git")
async def branches(sdk):
    async with _repository(sdk) as (sandbox, git):
        assert (await sdk.of(git.branches("work"))).branches == ["main"]
        await sdk.of(git.create_branch("work", "topic/one"))
        assert sorted((await sdk.of(git.branches("work"))).branches) == ["main", "topic/one"]
        await sdk.of(git.checkout_branch("work", "topic/one"))
        assert (await sdk.of(git.status("work"))).current_branch == "topic/one"
        await sdk.of(git.checkout_branch("work", "main"))
        assert (await sdk.of(git.status("work"))).current_branch == "main"
        await sdk.of(git.delete_branch("work", "topic/one"))
        assert (await sdk.of(git.branches("work"))).branches == ["main"]
        missing = lambda: git.checkout_branch("work", "none")  # noqa: E731
        await sdk.raises(DaytonaNotFoundError, missing, "Failed to checkout branch: ", 404)
        missing = lambda: git.delete_branch("work", "none")  # noqa: E731
        await sdk.raises(DaytonaNotFoundError, missing, "Failed to delete branch: ", 404)


@check("git")
async def push_clone_pull(sdk):
    async with _repository(sdk) as (sandbox, git):
        remote = await _remote(sdk, sandbox)
        await sdk.of(git.push("work"))
        head = await _run(sdk, sandbox, "git -C work rev-parse HEAD")
        assert await _run(sdk, sandbox, "git -C remote.git rev-parse main") == head
        await sdk.of(git.clone(remote, "copy"))
        assert await sdk.of(sandbox.fs.download_file("copy/one")) == b"one\n"
        assert (await sdk.of(git.status("copy"))).current_branch == "main"
        await sdk.of(sandbox.fs.upload_file(b"two", "work/two"))
        await sdk.of(git.add("work", ["two"]))
        await sdk.of(git.commit("work", "second", "A", "a@b.c"))
        await sdk.of(git.push("work"))
        await sdk.of(git.pull("copy"))
        assert await sdk.of(sandbox.fs.download_file("copy/two")) == b"two"


@check("git")
async def clone_of_a_branch(sdk):
    async with _repository(sdk) as (sandbox, git):
        remote = await _remote(sdk, sandbox)
        await _run(sdk, sandbox, "cd work && git checkout -q -b side && git push -q origin main side")
        await sdk.of(git.clone(remote, "copy", branch="side"))
        assert (await sdk.of(git.status("copy"))).current_branch == "side"
        head = await _run(sdk, sandbox, "git -C work rev-parse HEAD")
        await sdk.of(git.clone(remote, "detached", commit_id=head))
        assert await _run(sdk, sandbox, "git -C detached rev-parse HEAD") == head
        missing = lambda: git.clone(f"{remote}.none", "nowhere")  # noqa: E731
        await sdk.raises(DaytonaNotFoundError, missing, "Failed to clone repository: ", 404)
        missing = lambda: git.clone(remote, "nowhere", branch="none")  # noqa: E731
        await sdk.raises(DaytonaNotFoundError, missing, "Failed to clone repository: ", 404)


@check("git")
async def rejected_push(sdk):
    async with _repository(sdk) as (sandbox, git):
        remote = await _remote(sdk, sandbox)
        await sdk.of(git.push("work"))
        await sdk.of(git.clone(remote, "copy"))
        for folder in ("work", "copy"):
            await sdk.of(sandbox.fs.upload_file(folder.encode(), f"{folder}/new"))
            await sdk.of(git.add(folder, ["new"]))
            await sdk.of(git.commit(folder, folder, "A", "a@b.c"))
        await sdk.of(git.push("work"))
        await sdk.raises(DaytonaConflictError, lambda: git.push("copy"), "Failed to push changes: ", 409)


@check("git")
async def no_repository(sdk):
    async with sdk.sandbox() as sandbox:
        git = sandbox.git
        await sdk.of(sandbox.fs.create_folder("plain", "755"))
        for action, prefix in (
            (lambda path: git.status(path), "Failed to get status: "),
            (lambda path: git.branches(path), "Failed to list branches: "),
            (lambda path: git.add(path, ["x"]), "Failed to add files: "),
            (lambda path: git.commit(path, "m", "A", "a@b.c"), "Failed to commit changes: "),
            (lambda path: git.create_branch(path, "b"), "Failed to create branch: "),
            (lambda path: git.checkout_branch(path, "b"), "Failed to checkout branch: "),
            (lambda path: git.push(path), "Failed to push changes: "),
            (lambda path: git.pull(path), "Failed to pull changes: "),
        ):
            for path in ("plain", "/no/such/place"):
                await sdk.raises(DaytonaNotFoundError, lambda: action(path), prefix, 404)


@check("git")
async def init_and_remotes(sdk):
    async with sdk.sandbox() as sandbox:
        git = sandbox.git
        await sdk.of(git.init("fresh", initial_branch="trunk"))
        assert await _run(sdk, sandbox, "git -C fresh symbolic-ref HEAD") == "refs/heads/trunk"
        await sdk.of(git.init("bare.git", bare=True))
        assert await _run(sdk, sandbox, "git -C bare.git rev-parse --is-bare-repository") == "true"
        await sdk.of(git.remote_add("fresh", "origin", "/home/user/bare.git"))
        remotes = (await sdk.of(git.remotes("fresh"))).remotes
        assert [(one.name, one.url) for one in remotes] == [("origin", "/home/user/bare.git")], remotes
        assert await sdk.of(git.remote_get("fresh", "origin")) == "/home/user/bare.git"
        assert await sdk.of(git.remote_get("fresh", "none")) is None
        again = lambda: git.remote_add("fresh", "origin", "/elsewhere")  # noqa: E731
        await sdk.raises(DaytonaError, again, "Failed to add remote: ")
        await sdk.of(git.remote_add("fresh", "origin", "/elsewhere", overwrite=True))
        assert await sdk.of(git.remote_get("fresh", "origin")) == "/elsewhere"


@check("git")
async def reset_and_restore(sdk):
    async with _repository(sdk) as (sandbox, git):
        fs = sandbox.fs
        await sdk.of(fs.upload_file(b"changed", "work/one"))
        await sdk.of(git.add("work", ["one"]))
        await sdk.of(git.reset("work"))
        (status,) = (await sdk.of(git.status("work"))).file_status
        assert (status.staging.value, status.worktree.value) == ("Unmodified", "Modified"), status
        await sdk.of(git.restore("work", ["one"]))
        assert await sdk.of(fs.download_file("work/one")) == b"one\n"
        await sdk.of(fs.upload_file(b"changed", "work/one"))
        await sdk.of(git.reset("work", mode="hard"))
        assert await sdk.of(fs.download_file("work/one")) == b"one\n"
        unknown = lambda: git.reset("work", target="none")  # noqa: E731
        await sdk.raises(DaytonaNotFoundError, unknown, "Failed to reset: ", 404)


@check("git")
async def configuration(sdk):
    async with _repository(sdk) as (sandbox, git):
        local = {"scope": "local", "path": "work"}
        assert await sdk.of(git.get_config("user.name", **local)) is None
        await sdk.of(git.set_config("user.name", "Ada", **local))
        assert await sdk.of(git.get_config("user.name", **local)) == "Ada"
        await sdk.of(git.configure_user("Grace", "grace@example.com", **local))
        assert await _run(sdk, sandbox, "git -C work config user.email") == "grace@example.com"


@check("git", "isolation")
async def global_configuration(sdk):
    async with _repository(sdk) as (sandbox, git):
        await sdk.of(git.configure_user("Grace", "grace@example.com"))
        assert await sdk.of(git.get_config("user.name")) == "Grace"
        await sdk.of(git.dangerously_authenticate("someone", "secret", host="git.example.com"))
        helper = await sdk.of(git.get_config("credential.helper"))
        assert helper, helper
