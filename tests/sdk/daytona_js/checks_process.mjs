// Commands and code: contract 2.4 and 3.3.

import assert from 'node:assert/strict'
import { check, has } from '../frame.mjs'
import { daytona, refused, withSandbox } from './kit.mjs'

const { DaytonaBadRequestError, DaytonaNotFoundError, DaytonaTimeoutError } = daytona

/** Runs `use` with the command call of a sandbox of its own. */
const withCommands = (use, params) =>
  withSandbox(params, (sandbox) => use(sandbox.process.executeCommand.bind(sandbox.process), sandbox))

check('process.results', () =>
  withCommands(async (run) => {
    const done = await run('echo out; echo err >&2; echo again', undefined, undefined, 10)
    assert.deepEqual([done.exitCode, done.result], [0, 'out\nerr\nagain\n'])
    assert.equal(done.artifacts.stdout, done.result)
    assert.deepEqual([(await run('true')).exitCode, (await run('true')).result], [0, ''])
    // What is not ended by a newline is not given one, and nothing is trimmed.
    assert.equal((await run("printf '  a  '")).result, '  a  ')
    assert.equal((await run("echo '<&>'; echo 'héllo ✓'")).result, '<&>\nhéllo ✓\n')
  })
)

check('process.exit_codes', () =>
  withCommands(async (run) => {
    for (const [command, code] of [
      ['exit 3', 3],
      ['exit 300', 44],
      ['false\ntrue', 0],
      ['no-such-command-here', 127],
      ['touch plain; ./plain', 126]
    ]) {
      assert.equal((await run(command)).exitCode, code, command)
    }
    const killed = await run('echo before; kill -9 $$')
    assert.deepEqual([killed.exitCode, killed.result], [-1, 'before\n'])
  })
)

check('process.script_is_standard_input', () =>
  withCommands(async (run) => {
    // A child that reads its standard input swallows the rest of the script.
    assert.equal((await run('cat\necho hi')).result, 'echo hi')
    assert.equal((await run('cat <<END\none\n  two\nEND\necho three')).result, 'one\n  two\nthree\n')
    assert.equal((await run(`# ${'x'.repeat(300_000)}\necho after`)).result, 'after\n')
  })
)

check('process.binary_and_large_output', () =>
  withCommands(async (run) => {
    // Each byte that is no UTF-8 becomes one U+FFFD; NUL stays.
    const binary = await run("printf 'a\\377\\000<b>\\342\\202'")
    assert.equal(binary.result, 'a\ufffd\0<b>\ufffd\ufffd')
    const large = await run("head -c 3000000 /dev/zero | tr '\\0' x")
    assert.ok(large.result === 'x'.repeat(3_000_000), String(large.result.length))
  })
)

check('process.working_directory', () =>
  withCommands(async (run, sandbox) => {
    assert.deepEqual([await sandbox.getWorkDir(), await sandbox.getUserHomeDir()], ['/home/user', '/home/user'])
    assert.equal(await sandbox.getUserRootDir(), '/home/user')
    await run('mkdir -p deep/er && touch deep/here')
    assert.equal((await run('ls', 'deep')).result, 'er\nhere\n')
    for (const [cwd, why] of [
      ['/no/such/place', 'no such file or directory'],
      ['deep/here', 'not a directory']
    ]) {
      const nowhere = await run('pwd', cwd)
      assert.equal(nowhere.exitCode, -1)
      assert.ok(nowhere.result.startsWith('fork/exec ') && nowhere.result.endsWith(`: ${why}`), nowhere.result)
    }
    if (has('isolation')) assert.equal((await run('pwd', '/tmp')).result, '/tmp\n')
  })
)

check('process.environment', () =>
  withCommands(
    async (run, sandbox) => {
      const script = 'printf "%s|%s|%s" "$A" "$GIVEN" "$DAYTONA_SANDBOX_ID"'
      const shown = await run(script, undefined, { A: 'a b\nc' })
      assert.equal(shown.result, `a b\nc|at create|${sandbox.id}`)
      assert.equal((await run('printf %s "$GIVEN"', undefined, { GIVEN: 'by the call' })).result, 'by the call')
      const bad = () => run('true', undefined, { 'X-Y': '1' })
      const error = await refused(DaytonaBadRequestError, bad, "invalid environment variable name: 'X-Y'", 400)
      assert.ok(error.message.startsWith('bad request: '), error.message)
    },
    { envVars: { GIVEN: 'at create' } }
  )
)

check('process.changed_environment', () =>
  withCommands(
    async (run, sandbox) => {
      await sandbox.updateEnv({ NEW: '3', STAYS: '4' }, { unset: ['OLD'] })
      const shown = await run('printf "%s|%s|%s" "${OLD-unset}" "$STAYS" "$NEW"')
      assert.equal(shown.result, 'unset|4|3')
    },
    { envVars: { OLD: '1', STAYS: '2' } }
  )
)

check('process.refusals', () =>
  withCommands(async (run, sandbox) => {
    const blank = 'bad request: command cannot be empty or whitespace-only'
    await refused(DaytonaBadRequestError, () => run('  \n'), blank, 400)
    const empty = "Field validation for 'Command' failed on the 'required' tag"
    await refused(DaytonaBadRequestError, () => run(''), empty, 400)
    const fraction = () => run('true', undefined, undefined, 1.5)
    await refused(DaytonaBadRequestError, fraction, 'json: cannot unmarshal', 400)
    await sandbox.delete(60, true)
    // The proxy remembers the last good call for two minutes, so this is not yet a 401.
    const gone = 'not found: sandbox container not found'
    await refused(DaytonaNotFoundError, () => run('true'), gone, 404)
  })
)

check('process.time_limits', () =>
  withCommands(async (run) => {
    const limited = (command) => () => run(command, undefined, undefined, 1)
    const text = 'request timeout: command execution timeout'
    const error = await refused(DaytonaTimeoutError, limited('echo lost; sleep 30'), text, 408)
    assert.ok(!error.message.includes('lost'), error.message)
    // A background child that holds the output keeps the call open, and dies with the group.
    await refused(DaytonaTimeoutError, limited('sleep 30 & exit 0'), text, 408)
    const freed = await run('sleep 30 >/dev/null 2>&1 & echo at once', undefined, undefined, 20)
    assert.equal(freed.result, 'at once\n')
  })
)

check(
  'process.code_run_python',
  () =>
    withSandbox({ language: 'python' }, async ({ process }) => {
      const done = await process.codeRun('print(1 + 2)')
      assert.deepEqual([done.exitCode, done.result, done.artifacts.charts], [0, '3\n', []])
      const params = { argv: ['one', 'two'], env: { X: 'of the call' } }
      const shown = await process.codeRun("import os, sys; print(sys.argv[1:], os.environ['X'])", params)
      assert.equal(shown.result, "['one', 'two'] of the call\n")
      const failed = await process.codeRun('1/0')
      assert.equal(failed.exitCode, 1)
      assert.match(failed.result, /ZeroDivisionError/)
      const late = () => process.codeRun('import time; time.sleep(30)', undefined, 1)
      await refused(DaytonaTimeoutError, late, 'command execution timeout', 408)
      await refused(DaytonaBadRequestError, () => process.codeRun(''), 'invalid body request', 400)
    }),
  { needs: ['python3'] }
)

check(
  'process.code_run_javascript',
  () =>
    withSandbox({ language: 'javascript' }, async ({ process }) => {
      const done = await process.codeRun('console.log([1, 2].map(n => n * 2).join())')
      assert.deepEqual([done.exitCode, done.result], [0, '2,4\n'])
      assert.equal((await process.codeRun('process.exit(4)')).exitCode, 4)
    }),
  { needs: ['node'] }
)

check('process.at_once', () =>
  withCommands(async (run) => {
    const numbers = Array.from({ length: 12 }, (_, number) => number)
    const done = await Promise.all(numbers.map((number) => run(`echo ${number}; exit ${number}`)))
    assert.deepEqual(done.map(({ exitCode, result }) => [exitCode, result]), numbers.map((n) => [n, `${n}\n`]))
  })
)
