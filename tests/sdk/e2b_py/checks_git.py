"""The deprecated git module: a repository of the sandbox's own, and one it is cloned from."""

from e2b import CommandExitException, GitUpstreamException, InvalidArgumentException

from frame import equal
from kit import twin

GIT = ("isolation", "git")


async def repository(kit, sandbox, path="/tmp/repo"):
    git = sandbox.git
    await kit(git.configure_user("A U Thor", "author@example.com"))
    await kit(git.init(path, initial_branch="main"))
    await kit(sandbox.files.write(f"{path}/file", "1\n"))
    await kit(git.add(path))
    await kit(git.commit(path, "first"))
    return git


@twin("git.commit", needs=GIT)
async def commit(kit):
    async with kit.sandbox() as sandbox:
        git = sandbox.git
        await kit(git.configure_user("A U Thor", "author@example.com"))
        equal(await kit(git.get_config("user.name")), "A U Thor")
        await kit(git.init("/tmp/repo", initial_branch="main"))
        await kit(sandbox.files.write("/tmp/repo/file", "1\n"))
        status = await kit(git.status("/tmp/repo"))
        equal((status.current_branch, status.has_untracked, status.is_clean, status.total_count,
               status.untracked_count), ("main", True, False, 1, 1))
        equal([(it.name, it.status, it.staged) for it in status.file_status], [("file", "untracked", False)])
        await kit(git.add("/tmp/repo", files=["file"]))
        status = await kit(git.status("/tmp/repo"))
        equal((status.has_staged, status.staged_count, status.unstaged_count), (True, 1, 0))
        done = await kit(git.commit("/tmp/repo", "first line\n\nbody", author_name="Else", author_email="e@x.y"))
        assert done.exit_code == 0 and "first line" in done.stdout, done
        log = await kit.text(sandbox, "git log -1 --format='%an <%ae> %s'", cwd="/tmp/repo")
        equal(log, "Else <e@x.y> first line\n")
        status = await kit(git.status("/tmp/repo"))
        equal((status.is_clean, status.has_changes, status.has_conflicts, status.conflict_count),
              (True, False, False, 0))
        await kit.raises(CommandExitException, lambda: git.commit("/tmp/repo", "nothing to say"))
        equal((await kit(git.commit("/tmp/repo", "empty", allow_empty=True))).exit_code, 0)


@twin("git.branches", needs=GIT)
async def branches(kit):
    async with kit.sandbox() as sandbox:
        git = await repository(kit, sandbox)
        await kit(git.create_branch("/tmp/repo", "feature"))
        found = await kit(git.branches("/tmp/repo"))
        equal((sorted(found.branches), found.current_branch), (["feature", "main"], "feature"))
        await kit(git.checkout_branch("/tmp/repo", "main"))
        equal((await kit(git.branches("/tmp/repo"))).current_branch, "main")
        await kit(git.delete_branch("/tmp/repo", "feature", force=True))
        equal((await kit(git.branches("/tmp/repo"))).branches, ["main"])
        await kit.raises(CommandExitException, lambda: git.checkout_branch("/tmp/repo", "none"), "none")


@twin("git.undo", needs=GIT)
async def undo(kit):
    async with kit.sandbox() as sandbox:
        git = await repository(kit, sandbox)
        await kit(sandbox.files.write("/tmp/repo/file", "2\n"))
        await kit(git.restore("/tmp/repo", ["file"]))
        equal(await kit(sandbox.files.read("/tmp/repo/file")), "1\n")
        await kit(sandbox.files.write("/tmp/repo/file", "3\n"))
        await kit(git.add("/tmp/repo"))
        await kit(git.restore("/tmp/repo", ["file"], staged=True))
        equal((await kit(git.status("/tmp/repo"))).staged_count, 0)
        await kit(git.reset("/tmp/repo", mode="hard", target="HEAD"))
        equal(await kit(sandbox.files.read("/tmp/repo/file")), "1\n")


@twin("git.config", needs=GIT)
async def config(kit):
    async with kit.sandbox() as sandbox:
        git = await repository(kit, sandbox)
        await kit(git.set_config("cutover.key", "global value"))
        equal(await kit(git.get_config("cutover.key")), "global value")
        await kit(git.set_config("cutover.key", "local", scope="local", path="/tmp/repo"))
        equal(await kit(git.get_config("cutover.key", scope="local", path="/tmp/repo")), "local")
        equal(await kit(git.get_config("cutover.absent")), None)
        await kit.raises(InvalidArgumentException, lambda: git.set_config("a.b", "c", scope="local"))


@twin("git.remotes", needs=GIT)
async def remotes(kit):
    async with kit.sandbox() as sandbox:
        git = await repository(kit, sandbox)
        await kit(git.init("/tmp/bare.git", bare=True, initial_branch="main"))
        equal(await kit(git.remote_get("/tmp/repo", "origin")), None)
        await kit.raises(GitUpstreamException, lambda: git.pull("/tmp/repo"))
        await kit(git.remote_add("/tmp/repo", "origin", "/tmp/bare.git"))
        equal(await kit(git.remote_get("/tmp/repo", "origin")), "/tmp/bare.git")
        await kit(git.push("/tmp/repo", remote="origin", branch="main"))
        await kit(git.clone("/tmp/bare.git", path="/tmp/copy"))
        equal(await kit(sandbox.files.read("/tmp/copy/file")), "1\n")
        await kit(sandbox.files.write("/tmp/copy/other", "2\n"))
        await kit(git.add("/tmp/copy"))
        await kit(git.commit("/tmp/copy", "second"))
        await kit(git.push("/tmp/copy"))
        await kit(git.pull("/tmp/repo", remote="origin", branch="main"))
        equal(await kit(sandbox.files.read("/tmp/repo/other")), "2\n")
        status = await kit(git.status("/tmp/copy"))
        equal((status.upstream, status.ahead, status.behind, status.detached), ("origin/main", 0, 0, False))
        await kit.raises(CommandExitException, lambda: git.clone("/tmp/nowhere.git", path="/tmp/x"), "nowhere")


@twin("git.credentials", needs=GIT)
async def credentials(kit):
    async with kit.sandbox() as sandbox:
        await kit(sandbox.git.dangerously_authenticate("me", "token", host="git.example.com"))
        stored = await kit(sandbox.files.read("/home/user/.git-credentials"))
        equal(stored, "https://me:token@git.example.com\n")
        await kit.raises(InvalidArgumentException, lambda: sandbox.git.dangerously_authenticate("", ""))
