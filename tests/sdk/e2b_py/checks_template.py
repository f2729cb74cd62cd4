"""Templates: built of steps and of a Dockerfile, followed, tagged, used.

On an engine with images `CUTOVER_BASE_IMAGE` names the one that builds begin with; elsewhere the
name is only told in the log.
"""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

from e2b import BuildException, BuildStatusReason, SandboxException, TemplateException
from e2b import wait_for_file

from frame import equal
from kit import twin

IMAGE = os.environ.get("CUTOVER_BASE_IMAGE", "debian:stable")


@contextlib.contextmanager
def context():
    """A folder with files to copy."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "app" / "deep").mkdir(parents=True)
        (root / "app" / "main.sh").write_text("echo main\n")
        (root / "app" / "deep" / "data.txt").write_text("deep\n")
        (root / "one.txt").write_text("one\n")
        (root / "ignored.log").write_text("no\n")
        (root / ".dockerignore").write_text("*.log\n")
        yield root


def name(kit, what):
    return f"{kit.name}-{what}"


@twin("template.build", ["isolation"])
async def build(kit):
    with context() as root:
        template = (
            kit.Template(file_context_path=root)
            .from_image(IMAGE)
            .set_envs({"GREETING": "hello"})
            .set_workdir("/home/user/work")
            .copy("app", "app")
            .copy("one.txt", "/home/user/work/kept.txt", mode=0o604)
            .run_cmd("echo $GREETING $(cat app/deep/data.txt) > said; cat said")
            .run_cmd(["id -un > who", "pwd > where"], user="root")
        )
        logs = []
        info = await kit(kit.Template.build(template, f"{name(kit, 'steps')}:v1", tags=["stable"],
                                            cpu_count=4, memory_mb=512, on_build_logs=logs.append,
                                            skip_cache=True))
    equal(sorted(info.tags), ["stable", "v1"])
    messages = [entry.message for entry in logs]
    assert any("[base] FROM " + IMAGE in message for message in messages), messages
    assert "[builder 5/6] [stdout]: hello deep" in messages, messages
    assert messages[-2] == "Build finished", messages
    for tag in ("v1", "stable"):
        async with kit.sandbox(f"{name(kit, 'steps')}:{tag}") as sandbox:
            found = await kit.text(sandbox, "cat said who where kept.txt; sh app/main.sh; stat -c %a kept.txt")
            equal(found, "hello deep\nroot\n/home/user/work\none\nmain\n604\n")
            equal(await kit.text(sandbox, 'id -un; echo "[$GREETING]"'), "user\n[]\n")
            equal(await kit(sandbox.files.read("/home/user/work/said")), "hello deep\n")
            equal((await kit(sandbox.get_info())).cpu_count, 4)
            equal((await kit(sandbox.get_info())).memory_mb, 512)
    await kit.raises(SandboxException, lambda: kit.Sandbox.create(name(kit, "steps")),
                     "tag 'default' does not exist")
    assert await kit(kit.Template.exists(name(kit, "steps")))


@twin("template.dockerfile", ["isolation"])
async def dockerfile(kit):
    with context() as root:
        text = "\n".join([
            f"FROM {IMAGE}",
            "ARG WORD=word",
            "ENV PLACE=/srv/here",
            "WORKDIR /srv/here",
            "COPY --chown=user:user app/ ./app/",
            "COPY *.txt /srv/texts/",
            "RUN echo $WORD $PLACE $(id -un) > made",
            "USER helper",
            'RUN ["/bin/sh", "-c", "id -un > ~/who"]',
        ])
        template = kit.Template(file_context_path=root).from_dockerfile(text)
        await kit(kit.Template.build(template, name(kit, "dockerfile")))
    async with kit.sandbox(name(kit, "dockerfile")) as sandbox:
        found = await kit.text(sandbox, "cat /srv/here/made ~/who /srv/texts/one.txt; ls /srv/texts; id -un; pwd")
        equal(found, "word /srv/here root\nhelper\none\none.txt\nhelper\n/srv/here\n")
        found = await kit.text(sandbox, "stat -c %U /srv/here/app/main.sh /srv/texts/one.txt")
        equal(found, "user\nroot\n")


@twin("template.failing", ["isolation"])
async def failing(kit):
    template = kit.Template().from_image(IMAGE).run_cmd("true").run_cmd("echo why >&2; exit 7")
    logs = []
    error = await kit.raises(
        BuildException, lambda: kit.Template.build(template, name(kit, "failing"), on_build_logs=logs.append),
        "failed to run command 'echo why >&2; exit 7': exit status 7")
    # The SDK hangs the line of the step on what it raises.
    frames, trace = [], error.__traceback__
    while trace:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    assert any(frame.endswith("checks_template.py") for frame in frames), frames
    assert "[builder 2/2] [stderr]: why" in [entry.message for entry in logs]
    await kit.raises(SandboxException, lambda: kit.Sandbox.create(name(kit, "failing")), "404: ")


@twin("template.background", ["isolation"])
async def background(kit):
    template = kit.Template().from_image(IMAGE).run_cmd("sleep 0.5; exit 5")
    info = await kit(kit.Template.build_in_background(template, name(kit, "background")))
    equal(info.tags, ["default"])
    while (status := await kit(kit.Template.get_build_status(info))).status.value in ("waiting", "building"):
        await asyncio.sleep(0.05)
    equal((status.status.value, status.logs), ("error", []))
    equal(type(status.reason), BuildStatusReason)
    equal(status.reason.step, "1")
    assert status.reason.message.endswith("exit status 5") or "exit status 5 (" in status.reason.message
    later = await kit(kit.Template.get_build_status(info, logs_offset=1))
    equal(later.log_entries, status.log_entries[1:])


@twin("template.start", ["isolation"])
async def start(kit):
    template = (
        kit.Template().from_image(IMAGE).set_envs({"WORD": "up"})
        .set_start_cmd("echo $WORD > /tmp/state; exec sleep 1000", wait_for_file("/tmp/state"))
    )
    await kit(kit.Template.build(template, name(kit, "start")))
    async with kit.sandbox(name(kit, "start")) as sandbox:
        equal(await kit.text(sandbox, "cat /tmp/state"), "up\n")
        processes = await kit(sandbox.commands.list())
        assert any("sleep 1000" in " ".join(process.args) for process in processes), processes


@twin("template.tags", ["isolation"])
async def tags(kit):
    Template, own = kit.Template, name(kit, "tags")
    await kit(Template.build(Template().from_image(IMAGE).run_cmd("echo 1 > /tmp/n"), own))
    child = Template().from_template(own).run_cmd("echo 2 >> /tmp/n")
    info = await kit(Template.build(child, own, tags=["v2"]))
    tagged = await kit(Template.assign_tags(f"{own}:v2", ["best", "last"]))
    equal((tagged.build_id, tagged.tags), (info.build_id, ["best", "last"]))
    equal([tag.tag for tag in await kit(Template.get_tags(own))], ["default", "v2", "best", "last"])
    async with kit.sandbox(f"{own}:best") as sandbox:
        equal(await kit.text(sandbox, "cat /tmp/n"), "1\n2\n")
    await kit(Template.remove_tags(own, ["best", "v2"]))
    equal([tag.tag for tag in await kit(Template.get_tags(own))], ["default", "last"])
    await kit.raises(TemplateException, lambda: Template.remove_tags(own, "default"), "400: ")
    await kit.raises(TemplateException, lambda: Template.assign_tags(f"{own}:none", "x"), "404: ")


@twin("template.refused")
async def refused(kit):
    Template = kit.Template
    plain = Template().from_image(IMAGE)
    await kit.raises(BuildException, lambda: Template.build(plain, "Not a name"), "400: Invalid name: ")
    await kit.raises(BuildException, lambda: Template.build(plain, "base"),
                     exact="409: Alias 'base' is already used")
    await kit.raises(BuildException, lambda: Template.build(plain, "odd", cpu_count=3),
                     exact="400: CPU count must be 1 or an even number")
    missing = Template().from_template("no-such-template")
    await kit.raises(BuildException, lambda: Template.build(missing, name(kit, "missing")),
                     exact="404: template 'no-such-template' not found")
