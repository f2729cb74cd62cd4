"""What the stand-in refuses by name: 501, in the shape of the provider's errors."""

import os

from e2b import SandboxException, SecretException, VolumeException

from kit import twin

NAMED = "501: the stand-in does not implement"


@twin("unsupported.volumes")
async def volumes(kit):
    Volume = kit.Volume
    await kit.raises(VolumeException, lambda: Volume.create("v"), NAMED)
    await kit.raises(VolumeException, lambda: Volume.connect("v"), NAMED)
    await kit.raises(VolumeException, lambda: Volume.get_info("v"), NAMED)
    await kit.raises(VolumeException, lambda: Volume.list(), NAMED)
    await kit.raises(VolumeException, lambda: Volume.destroy("v"), NAMED)


@twin("unsupported.volume_mounts")
async def volume_mounts(kit):
    await kit.raises(SandboxException, lambda: kit.Sandbox.create(volume_mounts={"/mnt": "v"}),
                     exact="400: Volume mounts are not enabled.")


@twin("unsupported.volume_content")
async def volume_content(kit):
    # The content of a volume has a host of its own; here it is asked of the stand-in.
    volume = kit.Volume("v", "v", token="t")
    here = {"api_url": os.environ["E2B_API_URL"], "headers": {"X-API-KEY": os.environ["E2B_API_KEY"]}}
    calls = [
        lambda: volume.exists("/x", **here),
        lambda: volume.get_info("/x", **here),
        lambda: volume.list("/", **here),
        lambda: volume.make_dir("/x", **here),
        lambda: volume.read_file("/x", **here),
        lambda: volume.write_file("/x", "data", **here),
        lambda: volume.update_metadata("/x", mode=0o600, **here),
        lambda: volume.remove("/x", **here),
    ]
    for call in calls:
        await kit.raises(VolumeException, call, NAMED)


@twin("unsupported.secrets")
async def secrets(kit):
    Secret = kit.Secret
    calls = [
        lambda: Secret.create("s", "value"),
        lambda: Secret.update("s", "value"),
        lambda: Secret.get_info("s"),
        lambda: Secret.exists("s"),
        lambda: Secret.destroy("s"),
        Secret.list().next_items,
    ]
    for call in calls:
        await kit.raises(SecretException, call, NAMED)


@twin("unsupported.mcp")
async def mcp(kit):
    # The gateway's template is the provider's; without it there is nothing to start.
    await kit.raises(SandboxException, lambda: kit.Sandbox.create(mcp={"browserbase": {}}),
                     exact="404: template 'mcp-gateway' not found")
