// Commands and terminals: results, streams, environment, users, limits, input, and the list.

import assert from 'node:assert/strict'

import { check, has, raises, until } from '../frame.mjs'
import { e2b, text, withSandbox } from './kit.mjs'

const {
  AuthenticationError, CommandExitError, InvalidArgumentError, NotFoundError, SandboxError, TimeoutError,
} = e2b

check('commands.result', () => withSandbox({}, async ({ commands }) => {
  const done = await commands.run('echo out; echo err >&2')
  assert.deepEqual([done.exitCode, done.stdout, done.stderr], [0, 'out\n', 'err\n'])
  assert.ok(!done.error)
  const empty = await commands.run('true')
  assert.deepEqual([empty.exitCode, empty.stdout, empty.stderr], [0, '', ''])
  const quoted = await commands.run(`printf '%s|' "a  b" 'c"d' e\\ f`)
  assert.equal(quoted.stdout, 'a  b|c"d|e f|')
}))

check('commands.failure', () => withSandbox({}, async ({ commands }) => {
  const failed = await raises(CommandExitError, () => commands.run('echo o; echo e >&2; exit 3'), '',
    { exact: 'exit status 3' })
  assert.deepEqual([failed.exitCode, failed.stdout, failed.stderr, failed.error], [3, 'o\n', 'e\n', 'exit status 3'])
  assert.equal(failed.name, 'CommandExitError')
  const missing = await raises(CommandExitError, () => commands.run('no-such-program-at-all'), 'exit status 127')
  assert.match(missing.stderr, /no-such-program-at-all: command not found/)
  const killed = await raises(CommandExitError, () => commands.run('kill -TERM $$; sleep 60'), '',
    { exact: 'signal: terminated' })
  assert.equal(killed.exitCode, -1)
}))

check('commands.environment', () => withSandbox({ envs: { A: 'sandbox', B: 'sandbox' } }, async (sandbox) => {
  const told = await text(sandbox, 'echo "$A/$B/$E2B_SANDBOX/$E2B_SANDBOX_ID"', { envs: { B: 'command' } })
  assert.equal(told, `sandbox/command/true/${sandbox.sandboxId}\n`)
  const odd = { QUOTES: `a'b"c`, LINES: '1\n2', EMPTY: '', UNI: 'é😀' }
  assert.equal(await text(sandbox, 'printf "%s|" "$QUOTES" "$LINES" "${EMPTY-unset}" "$UNI"', { envs: odd }),
    `a'b"c|1\n2||é😀|`)
}))

check('commands.place', () => withSandbox({}, async (sandbox) => {
  assert.equal(await text(sandbox, 'pwd; id -un'), '/home/user\nuser\n')
  assert.equal(await text(sandbox, 'pwd', { cwd: '/tmp' }), '/tmp\n')
  await sandbox.files.makeDir('/home/user/deep/er')
  assert.equal(await text(sandbox, 'pwd', { cwd: 'deep/er' }), '/home/user/deep/er\n')
}), { needs: ['isolation'] })

check('commands.place_missing', () => withSandbox({}, ({ commands }) =>
  raises(InvalidArgumentError, () => commands.run('pwd', { cwd: '/no/such/dir' }), '',
    { exact: "[invalid_argument] cwd '/no/such/dir' does not exist" })))

check('commands.user_unknown', () => withSandbox({}, ({ commands }) =>
  raises(AuthenticationError, () => commands.run('id', { user: 'nobody-here' }), '',
    { exact: "[unauthenticated] invalid username: 'nobody-here'" })))

check('commands.user_root', () => withSandbox({}, async (sandbox) => {
  assert.equal(await text(sandbox, 'id -u; echo $HOME', { user: 'root' }), '0\n/root\n')
}), { needs: ['isolation', 'root'] })

check('commands.large_output', () => withSandbox({}, async (sandbox) => {
  const big = await text(sandbox, "head -c 3000000 /dev/zero | tr '\\0' x")
  assert.ok(big.length === 3_000_000 && /^x*$/.test(big), String(big.length))
  const wide = await text(sandbox, "for i in $(seq 20000); do printf 'é😀'; done")
  assert.ok(wide === 'é😀'.repeat(20_000), 'characters are not cut at the borders of chunks')
}))

check('commands.callbacks', () => withSandbox({}, async ({ commands }) => {
  let out = ''
  let err = ''
  const done = await commands.run("printf 'a\\nb\\n'; printf c >&2", {
    onStdout: (data) => { out += data },
    onStderr: async (data) => { err += data },
  })
  assert.deepEqual([out, err, done.stdout, done.stderr], ['a\nb\n', 'c', 'a\nb\n', 'c'])
}))

check('commands.timeout', () => withSandbox({}, async (sandbox) => {
  await raises(TimeoutError, () => sandbox.commands.run('echo x; exec sleep 61.62', { timeoutMs: 1000 }), '[deadline_exceeded]')
  await until(async () => (await sandbox.commands.list()).length === 0, 'the limit kills the process')
  assert.equal(await text(sandbox, 'sleep 0.1; echo late', { timeoutMs: 0 }), 'late\n', '0 is no limit')
}))

check('commands.list', () => withSandbox({}, async ({ commands }) => {
  assert.deepEqual(await commands.list(), [])
  const handle = await commands.run('exec sleep 300', { background: true, timeoutMs: 0, envs: { K: 'v' }, cwd: '/tmp' })
  const [one, ...more] = await commands.list()
  assert.deepEqual([one.pid, one.cmd, one.args, one.envs, one.cwd, more],
    [handle.pid, '/bin/bash', ['-l', '-c', 'exec sleep 300'], { K: 'v' }, '/tmp', []])
  assert.equal(await handle.kill(), true)
  await until(async () => (await commands.list()).length === 0, 'a killed process is not listed')
}))

check('commands.kill', () => withSandbox({}, async ({ commands }) => {
  const handle = await commands.run('exec sleep 300', { background: true, timeoutMs: 0 })
  assert.equal(await commands.kill(handle.pid), true)
  const killed = await raises(CommandExitError, () => handle.wait(), '', { exact: 'signal: killed' })
  assert.equal(killed.exitCode, -1)
  await until(async () => (await commands.kill(handle.pid)) === false, 'a dead process is not found')
  assert.equal(await commands.kill(999999), false)
}))

check('commands.unknown_process', () => withSandbox({}, async ({ commands }) => {
  const exact = '[not_found] process with pid 999999 not found'
  await raises(NotFoundError, () => commands.connect(999999), '', { exact })
  await raises(NotFoundError, () => commands.sendStdin(999999, 'x'), '', { exact })
  await raises(NotFoundError, () => commands.closeStdin(999999), '', { exact })
}))

check('commands.stdin', () => withSandbox({}, async (sandbox) => {
  const { commands } = sandbox
  assert.equal(await text(sandbox, 'cat; echo end'), 'end\n', 'off unless asked for')
  assert.equal(commands.supportsStdinClose, true)
  const handle = await commands.run('read line; echo got:$line; cat', { background: true, stdin: true })
  await commands.sendStdin(handle.pid, 'hello\n')
  await commands.sendStdin(handle.pid, new TextEncoder().encode('bytés\n'))
  await commands.closeStdin(handle.pid)
  assert.equal((await handle.wait()).stdout, 'got:hello\nbytés\n')
  const counted = await commands.run('wc -c', { background: true, stdin: true })
  await counted.sendStdin('12345')
  await counted.sendStdin('6'.repeat(100_000))
  await counted.closeStdin()
  assert.equal((await counted.wait()).stdout.trim(), '100005')
}))

check('commands.stdin_off', () => withSandbox({}, async ({ commands }) => {
  const handle = await commands.run('exec sleep 300', { background: true })
  await raises(SandboxError, () => commands.sendStdin(handle.pid, 'x'),
    'error writing to stdin: stdin not enabled or closed')
  await handle.kill()
  await raises(CommandExitError, () => handle.wait())
}))

check('commands.handle', () => withSandbox({}, async ({ commands }) => {
  let out = ''
  const handle = await commands.run('echo out; read x; echo $x >&2; exit 3', {
    background: true, stdin: true, onStdout: (data) => { out += data },
  })
  assert.ok(handle.pid > 0)
  await until(() => out === 'out\n', 'output comes while it runs')
  assert.deepEqual([handle.exitCode, handle.error, handle.stdout], [undefined, undefined, 'out\n'])
  await handle.sendStdin('err\n')
  await raises(CommandExitError, () => handle.wait())
  assert.deepEqual([handle.exitCode, handle.error, handle.stdout, handle.stderr],
    [3, 'exit status 3', 'out\n', 'err\n'])
}))

check('commands.connect', () => withSandbox({}, async ({ commands }) => {
  const handle = await commands.run('read a; echo $a; exit 5', { background: true, stdin: true, timeoutMs: 0 })
  let seen = ''
  const other = await commands.connect(handle.pid, { onStdout: (data) => { seen += data } })
  assert.equal(other.pid, handle.pid)
  await other.sendStdin('one\n')
  for (const attached of [handle, other]) {
    const ended = await raises(CommandExitError, () => attached.wait())
    assert.deepEqual([ended.exitCode, ended.stdout], [5, 'one\n'])
  }
  assert.equal(seen, 'one\n')
  const late = await commands.connect(handle.pid)
  const ended = await raises(CommandExitError, () => late.wait())
  assert.deepEqual([ended.exitCode, ended.stdout], [5, ''], 'an ended process is found, its output is not')
}))

check('commands.disconnect', () => withSandbox({}, async ({ commands }) => {
  const handle = await commands.run('read a; echo $a', { background: true, stdin: true, timeoutMs: 0 })
  await handle.disconnect()
  assert.deepEqual((await commands.list()).map((it) => it.pid), [handle.pid], 'disconnecting kills nothing')
  const again = await commands.connect(handle.pid)
  await again.sendStdin('still\n')
  assert.equal((await again.wait()).stdout, 'still\n')
}))

check('commands.at_once', () => withSandbox({}, async ({ commands }) => {
  const runs = Array.from({ length: 30 }, (_, n) => commands.run(`echo ${n}`))
  assert.deepEqual((await Promise.all(runs)).map((it) => it.stdout), Array.from({ length: 30 }, (_, n) => `${n}\n`))
}))

const SIZE = { rows: 20, cols: 70 }
const say = (words) => new TextEncoder().encode(words)

/** Collects what a terminal shows. */
function screen() {
  const pieces = []
  return { onData: (data) => { pieces.push(Buffer.from(data)) }, text: () => Buffer.concat(pieces).toString() }
}

check('pty.session', () => withSandbox({}, async ({ pty }) => {
  const { onData, text: shown } = screen()
  const terminal = await pty.create({ ...SIZE, onData, envs: { MINE: '1' }, cwd: '/tmp' })
  await pty.sendInput(terminal.pid, say('stty size; echo $MINE/$TERM; exit 4\n'))
  const ended = await raises(CommandExitError, () => terminal.wait())
  assert.equal(ended.exitCode, 4)
  assert.match(shown(), /20 70[^]*1\/xterm-256color/)
}))

check('pty.resize', () => withSandbox({}, async ({ commands, pty }) => {
  const { onData, text: shown } = screen()
  const terminal = await pty.create({ ...SIZE, onData })
  await pty.resize(terminal.pid, { rows: 33, cols: 111 })
  await pty.sendInput(terminal.pid, say('stty size; exit\n'))
  await terminal.wait()
  assert.match(shown(), /33 111/)
  const plain = await commands.run('exec sleep 300', { background: true, timeoutMs: 0 })
  await raises(SandboxError, () => pty.resize(plain.pid, SIZE), 'tty not assigned to process')
  await raises(NotFoundError, () => pty.resize(999999, SIZE), 'process with pid 999999 not found')
  await plain.kill()
  await raises(CommandExitError, () => plain.wait())
}))

check('pty.kill', () => withSandbox({}, async ({ pty }) => {
  const terminal = await pty.create({ ...SIZE, onData: () => {}, timeoutMs: 0 })
  assert.equal(await pty.kill(terminal.pid), true)
  await raises(CommandExitError, () => terminal.wait(), '', { exact: 'signal: killed' })
  await until(async () => (await pty.kill(terminal.pid)) === false, 'a dead terminal is not found')
}))

check('pty.connect', () => withSandbox({}, async ({ pty }) => {
  const { onData, text: shown } = screen()
  const terminal = await pty.create({ ...SIZE, onData: () => {}, timeoutMs: 0 })
  const other = await pty.connect(terminal.pid, { onData })
  await terminal.disconnect()
  await pty.sendInput(terminal.pid, say('echo joined=$((40+2)); exit\n'))
  await other.wait()
  assert.match(shown(), /joined=42/)
  assert.ok(has('pty'))
}), { needs: ['pty'] })
