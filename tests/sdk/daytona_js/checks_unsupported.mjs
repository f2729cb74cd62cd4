// What the stand-in leaves out by design, and the class that the SDK makes of the refusal: 501 by
// name, or what the service itself answers where it lacks the part, too.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../frame.mjs'
import { client, daytona, refused, unique, withSandbox } from './kit.mjs'

const { DaytonaError, DaytonaServiceUnavailableError, LspLanguageId } = daytona
const NOT_IMPLEMENTED = 'the stand-in does not implement'

async function unsupported(...actions) {
  for (const action of actions) await refused(DaytonaError, action, NOT_IMPLEMENTED, 501)
}

/** Each action gets what the daemon answers without its plug-in for the desktop. */
async function noDesktop(...actions) {
  const text = 'Computer-use functionality is not available'
  for (const action of actions) await refused(DaytonaServiceUnavailableError, action, text, 503)
}

check('unsupported.volumes', async () => {
  const { volume } = client()
  await unsupported(
    () => volume.list(),
    () => volume.get('v'),
    () => volume.get('v', true),
    () => volume.create('v'),
    () => volume.delete({ id: 'v' })
  )
})

check('unsupported.secrets', async () => {
  const { secret } = client()
  await unsupported(
    () => secret.list(),
    () => secret.get('s'),
    () => secret.create({ name: 's', value: 'v' }),
    () => secret.update('s', { value: 'v' }),
    () => secret.delete('s')
  )
  await withSandbox((sandbox) => unsupported(() => sandbox.updateSecrets({ A: 's' })))
})

check('unsupported.warm_pools', async () => {
  const { warmPool } = client()
  await unsupported(
    () => warmPool.list(),
    () => warmPool.create({ snapshot: 'litellm', pool: 2 }),
    () => warmPool.update('p', { pool: 3 }),
    () => warmPool.delete('p')
  )
})

check('unsupported.lsp', () =>
  withSandbox(async (sandbox) => {
    const server = await sandbox.createLspServer(LspLanguageId.PYTHON, '/home/user')
    await unsupported(
      () => server.start(),
      () => server.didOpen('a.py'),
      () => server.didClose('a.py'),
      () => server.documentSymbols('a.py'),
      () => server.sandboxSymbols('f'),
      () => server.workspaceSymbols('f'),
      () => server.completions('a.py', { line: 0, character: 0 }),
      () => server.stop()
    )
  })
)

check('unsupported.computer_use', () =>
  withSandbox(async ({ computerUse }) => {
    const { mouse, keyboard, screenshot, display, recording, accessibility } = computerUse
    const region = { x: 0, y: 0, width: 10, height: 10 }
    await noDesktop(
      () => computerUse.start(),
      () => computerUse.stop(),
      () => computerUse.getStatus(),
      () => computerUse.getProcessStatus('xvfb'),
      () => computerUse.restartProcess('xvfb'),
      () => computerUse.getProcessLogs('xvfb'),
      () => computerUse.getProcessErrors('xvfb'),
      () => mouse.getPosition(),
      () => mouse.move(1, 1),
      () => mouse.click(1, 1),
      () => mouse.drag(1, 1, 2, 2),
      () => mouse.scroll(1, 1, 'up'),
      () => keyboard.type('x'),
      () => keyboard.press('a'),
      () => keyboard.hotkey('ctrl+c'),
      () => screenshot.takeFullScreen(),
      () => screenshot.takeRegion(region),
      () => screenshot.takeCompressed(),
      () => screenshot.takeCompressedRegion(region),
      () => display.getInfo(),
      () => display.getWindows(),
      () => recording.start(),
      () => recording.stop('r'),
      () => recording.list(),
      () => recording.get('r'),
      () => recording.delete('r'),
      () => accessibility.getTree(),
      () => accessibility.findNodes(),
      () => accessibility.focusNode('n'),
      () => accessibility.invokeNode('n'),
      () => accessibility.setNodeValue('n', 'v')
    )
    // The body of a failed download is a stream, which the SDK does not read.
    await refused(Error, () => recording.download('r', join(tmpdir(), unique('never'))))
  })
)

check('unsupported.ssh_access', () =>
  withSandbox((sandbox) =>
    unsupported(
      () => sandbox.createSshAccess(5),
      () => sandbox.revokeSshAccess('t'),
      () => sandbox.validateSshAccess('t')
    )
  )
)

check('unsupported.metrics', () =>
  withSandbox((sandbox) =>
    unsupported(() => sandbox.getMetrics())
  )
)

check('unsupported.signed_file_addresses', () =>
  withSandbox((sandbox) =>
    unsupported(
      () => sandbox.downloadUrl('f'),
      () => sandbox.uploadUrl('f'),
      () => sandbox.rotateSigningKey()
    )
  )
)
