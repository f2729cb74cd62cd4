// What the stand-in refuses by name: 501, in the shape of the provider's errors.

import { check, raises } from '../frame.mjs'
import { e2b } from './kit.mjs'

const { Sandbox, SandboxError, Secret, SecretError, Volume, VolumeError } = e2b
const NAMED = '501: the stand-in does not implement'

check('unsupported.volumes', async () => {
  await raises(VolumeError, () => Volume.create('v'), NAMED)
  await raises(VolumeError, () => Volume.connect('v'), NAMED)
  await raises(VolumeError, () => Volume.getInfo('v'), NAMED)
  await raises(VolumeError, () => Volume.list(), NAMED)
  await raises(VolumeError, () => Volume.destroy('v'), NAMED)
})

check('unsupported.volume_mounts', () =>
  raises(SandboxError, () => Sandbox.create({ volumeMounts: { '/mnt': 'v' } }), '',
    { exact: '400: Volume mounts are not enabled.' }))

check('unsupported.volume_content', async () => {
  // The content of a volume has a host of its own; here it is asked of the stand-in.
  const volume = new Volume('v', 'v', 't')
  const here = { apiUrl: process.env.E2B_API_URL, headers: { 'X-API-KEY': process.env.E2B_API_KEY } }
  for (const call of [
    () => volume.exists('/x', here),
    () => volume.getInfo('/x', here),
    () => volume.list('/', here),
    () => volume.makeDir('/x', here),
    () => volume.readFile('/x', here),
    () => volume.writeFile('/x', 'data', here),
    () => volume.updateMetadata('/x', { mode: 0o600 }, here),
    () => volume.remove('/x', here),
  ]) await raises(VolumeError, call, NAMED)
})

check('unsupported.secrets', async () => {
  for (const call of [
    () => Secret.create('s', 'value'),
    () => Secret.update('s', 'value'),
    () => Secret.getInfo('s'),
    () => Secret.exists('s'),
    () => Secret.destroy('s'),
    () => Secret.list().nextItems(),
  ]) await raises(SecretError, call, NAMED)
})

// The gateway's template is the provider's; without it there is nothing to start.
check('unsupported.mcp', () =>
  raises(SandboxError, () => Sandbox.create({ mcp: { browserbase: {} } }), '',
    { exact: "404: template 'mcp-gateway' not found" }))
