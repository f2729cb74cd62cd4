// Sessions, their logs and their input: contract 2.4, 3.4 and 3.5.

import assert from 'node:assert/strict'
import { check, sleep, until } from '../frame.mjs'
import { daytona, notUpgraded, refused, withSandbox } from './kit.mjs'

const {
  DaytonaBadRequestError,
  DaytonaConflictError,
  DaytonaGoneError,
  DaytonaInternalServerError,
  DaytonaNotFoundError
} = daytona

/** Runs `use` with the processes of a sandbox that has the session `s`. */
const withSession = (use) =>
  withSandbox(async (sandbox) => {
    await sandbox.process.createSession('s')
    await use(sandbox.process, sandbox)
  })

const exitCode = (process, id) =>
  until(async () => {
    const { exitCode } = await process.getSessionCommand('s', id)
    return exitCode === undefined || exitCode === null ? undefined : [exitCode]
  }, 'the command has ended').then(([code]) => code)

check('session.keeps_its_state', () =>
  withSession(async (process) => {
    const run = (command) => process.executeSessionCommand('s', { command })
    assert.equal((await run('mkdir sub; cd sub; X=kept; f() { echo f; }')).exitCode, 0)
    const done = await run('basename "$PWD"; echo "$X"; f')
    assert.deepEqual([done.exitCode, done.stdout, done.stderr], [0, 'sub\nkept\nf\n', ''])
    await process.deleteSession('s')
  })
)

check('session.two_streams', () =>
  withSession(async (process) => {
    const run = (command) => process.executeSessionCommand('s', { command })
    // Each line is ended, though the program did not end it.
    const done = await run('echo o; echo e >&2; printf end')
    assert.deepEqual([done.exitCode, done.stdout, done.stderr], [0, 'o\nend\n', 'e\n'])
    assert.ok(done.output.includes('\x01\x01\x01') && done.output.includes('\x02\x02\x02'))
    const logs = await process.getSessionCommandLogs('s', done.cmdId)
    assert.deepEqual([logs.stdout, logs.stderr], ['o\nend\n', 'e\n'])
    assert.equal((await run('(exit 5)')).exitCode, 5)
    assert.equal((await run('cat')).stdout, '')
  })
)

check('session.listed_and_deleted', () =>
  withSession(async (process) => {
    await process.createSession('t')
    const done = await process.executeSessionCommand('s', { command: 'echo 1; (exit 2)' })
    const session = await process.getSession('s')
    assert.equal(session.sessionId, 's')
    const command = { id: done.cmdId, command: 'echo 1; (exit 2)', exitCode: 2 }
    assert.deepEqual(session.commands.map(({ id, command, exitCode }) => ({ id, command, exitCode })), [command])
    const listed = (await process.listSessions()).map(({ sessionId }) => sessionId)
    assert.deepEqual(listed.sort(), ['s', 't'])
    await process.deleteSession('s')
    const missing = 'not found: session not found'
    await refused(DaytonaNotFoundError, () => process.getSession('s'), missing, 404)
    await refused(DaytonaNotFoundError, () => process.deleteSession('s'), missing, 404)
  })
)

check('session.refusals', () =>
  withSession(async (process) => {
    const taken = 'conflict: session already exists'
    await refused(DaytonaConflictError, () => process.createSession('s'), taken, 409)
    const reserved = () => process.createSession('entrypoint')
    await refused(DaytonaBadRequestError, reserved, 'provided session ID is reserved', 400)
    await refused(DaytonaBadRequestError, () => process.createSession(''), 'invalid body request', 400)
    const run = (session, command) => () => process.executeSessionCommand(session, { command })
    await refused(DaytonaBadRequestError, run('s', ' '), '', 400)
    // The wrapping makes it a 500 (contract 2.4).
    const lost = 'failed to execute command: not found: session not found'
    await refused(DaytonaInternalServerError, run('none', 'true'), lost, 500)
    await refused(DaytonaNotFoundError, () => process.getSessionCommand('s', 'none'), '', 404)
    await refused(DaytonaNotFoundError, () => process.getSessionCommandLogs('s', 'none'), '', 404)
    await refused(DaytonaNotFoundError, () => process.sendSessionCommandInput('s', 'none', 'x'), '', 404)
  })
)

check('session.takes_input', () =>
  withSession(async (process) => {
    const command = 'read line; echo got $line >&2; (exit 4)'
    const { cmdId, exitCode: early } = await process.executeSessionCommand('s', { command, runAsync: true })
    assert.ok(cmdId && (early === undefined || early === null))
    await process.sendSessionCommandInput('s', cmdId, 'hello')
    assert.equal(await exitCode(process, cmdId), 4)
    // What is typed is echoed to the output.
    const logs = await process.getSessionCommandLogs('s', cmdId)
    assert.deepEqual([logs.stdout, logs.stderr], ['hello\n', 'got hello\n'])
    const late = () => process.sendSessionCommandInput('s', cmdId, 'x')
    await refused(DaytonaGoneError, late, 'gone: command has already completed with exit code 4', 410)
  })
)

check('session.streamed_logs', () =>
  withSession(async (process) => {
    const command = 'for n in 1 2 3; do echo out $n; echo err $n >&2; done; read line; echo got $line; echo é✓'
    const { cmdId } = await process.executeSessionCommand('s', { command, runAsync: true })
    await process.sendSessionCommandInput('s', cmdId, 'on')
    const [out, err] = [[], []]
    await process.getSessionCommandLogs('s', cmdId, (text) => out.push(text), (text) => err.push(text))
    assert.equal(err.join(''), 'err 1\nerr 2\nerr 3\n')
    // The echo of the input has no fixed place among the lines.
    const lines = out.join('').trim().split('\n')
    assert.deepEqual(lines.sort(), ['got on', 'on', 'out 1', 'out 2', 'out 3', 'é✓'])
    assert.equal(await exitCode(process, cmdId), 0)
  })
)

check('session.streamed_logs_of_an_ended_command', () =>
  withSession(async (process) => {
    const command = "head -c 200000 /dev/zero | tr '\\0' x; echo; echo last >&2"
    const done = await process.executeSessionCommand('s', { command })
    const [out, err] = [[], []]
    await process.getSessionCommandLogs('s', done.cmdId, (text) => out.push(text), (text) => err.push(text))
    assert.ok(out.join('') === done.stdout && done.stdout.length === 200_001, String(out.join('').length))
    assert.equal(err.join(''), 'last\n')
    const quiet = () => {}
    const nothing = () => process.getSessionCommandLogs('s', 'none', quiet, quiet)
    await notUpgraded(nothing, 404)
  })
)

check('session.entrypoint', () =>
  withSandbox(async ({ process }) => {
    const session = await process.getEntrypointSession()
    assert.equal(session.sessionId, 'entrypoint')
    // The image names no entrypoint, so it is the one that keeps a container alive.
    assert.deepEqual(session.commands.map(({ command }) => command), ['sleep infinity'])
    const logs = await process.getEntrypointLogs()
    assert.deepEqual([logs.stdout, logs.stderr], ['', ''])
    assert.deepEqual(await process.listSessions(), [])
  })
)

check('session.entrypoint_streamed', () =>
  withSandbox(async (sandbox) => {
    const shown = []
    const take = (text) => shown.push(text)
    let ended = false
    const end = () => (ended = true)
    sandbox.process.getEntrypointLogs(take, take).then(end, end)
    await sleep(500)
    // It never ends by itself; with the sandbox it does.
    await sandbox.delete(60, true)
    await until(async () => ended, 'the log is followed no longer, for the sandbox is gone')
    assert.deepEqual(shown, [])
  })
)
