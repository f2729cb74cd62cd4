// Terminals over websockets: contract 2.4.

import assert from 'node:assert/strict'
import { check, until } from '../frame.mjs'
import { daytona, refused, withSandbox } from './kit.mjs'

const { DaytonaConnectionError, DaytonaError, DaytonaGoneError, DaytonaNotFoundError } = daytona
const needs = { needs: ['pty'] }

/** What a terminal shows: a callback that takes it in, and its text so far. */
function screen() {
  const decoder = new TextDecoder()
  let text = ''
  return { onData: (bytes) => void (text += decoder.decode(bytes, { stream: true })), text: () => text }
}

const shows = (shown, text) => until(async () => shown.text().includes(text), `the terminal shows ${text}`)

check(
  'pty.runs_a_shell',
  () =>
    withSandbox(async ({ process, fs }) => {
      await fs.createFolder('below', '755')
      const shown = screen()
      const options = { id: 'p', cols: 111, rows: 33, cwd: 'below', envs: { SHOWN: 'by subprotocol' } }
      const terminal = await process.createPty({ ...options, onData: shown.onData })
      assert.ok(terminal.isConnected())
      await terminal.waitForConnection()
      await terminal.sendInput('stty size; echo "[$SHOWN] [$TERM]"; basename "$PWD"; exit 5\n')
      const result = await terminal.wait()
      assert.equal(result.exitCode, 5, shown.text())
      assert.equal(terminal.exitCode, 5)
      assert.match(shown.text(), /33 111/)
      assert.match(shown.text(), /\[by subprotocol\] \[xterm-256color\]/)
      assert.match(shown.text(), /below\r\n/)
      await refused(DaytonaConnectionError, () => terminal.sendInput('x'), 'not connected')
      await terminal.disconnect()
    }),
  needs
)

check(
  'pty.ends_well',
  () =>
    withSandbox(async ({ process }) => {
      const terminal = await process.createPty({ id: 'p', onData: () => {} })
      await terminal.sendInput(new TextEncoder().encode('exit\n'))
      const result = await terminal.wait()
      assert.equal(result.exitCode, 0)
      assert.equal(terminal.error, undefined)
      await terminal.disconnect()
    }),
  needs
)

check(
  'pty.is_resized',
  () =>
    withSandbox(async ({ process }) => {
      const shown = screen()
      const terminal = await process.createPty({ id: 'p', onData: shown.onData })
      const info = await process.getPtySessionInfo('p')
      assert.deepEqual([info.id, info.cols, info.rows, info.active], ['p', 80, 24, true])
      const wider = await terminal.resize(132, 40)
      assert.deepEqual([wider.cols, wider.rows], [132, 40])
      await terminal.sendInput('stty size\n')
      await shows(shown, '40 132')
      const again = await process.resizePtySession('p', 90, 50)
      assert.deepEqual([again.cols, again.rows], [90, 50])
      await terminal.kill()
      await terminal.disconnect()
    }),
  needs
)

check(
  'pty.is_killed',
  () =>
    withSandbox(async ({ process }) => {
      const terminal = await process.createPty({ id: 'p', onData: () => {} })
      assert.deepEqual((await process.listPtySessions()).map(({ id }) => id), ['p'])
      const ended = terminal.wait()
      await process.killPtySession('p')
      const { exitCode } = await ended
      assert.ok(exitCode !== 0 && exitCode !== undefined, String(exitCode))
      await until(async () => (await process.listPtySessions()).length === 0, 'the terminal is off the list')
      const missing = 'PTY session not found'
      await refused(DaytonaNotFoundError, () => process.getPtySessionInfo('p'), missing, 404)
      await refused(DaytonaNotFoundError, () => process.killPtySession('p'), missing, 404)
      await refused(DaytonaGoneError, () => process.resizePtySession('p', 10, 10), '', 410)
    }),
  needs
)

check(
  'pty.is_joined',
  () =>
    withSandbox(async ({ process }) => {
      const [first, second] = [screen(), screen()]
      const terminal = await process.createPty({ id: 'p', onData: first.onData })
      await terminal.sendInput('X=remem; echo ready\n')
      await shows(first, 'ready\r\n')
      await refused(DaytonaError, () => process.createPty({ id: 'p', onData: () => {} }))
      await refused(DaytonaError, () => process.connectPty('none', { onData: () => {} }))
      await terminal.disconnect()
      const again = await process.connectPty('p', { onData: second.onData })
      await again.sendInput('echo "${X}bered"\n')
      await shows(second, 'remembered')
      await again.sendInput('exit 9\n')
      assert.equal((await again.wait()).exitCode, 9)
      await again.disconnect()
    }),
  needs
)
