// Interpreters that keep their state from run to run: contract 2.4.

import assert from 'node:assert/strict'
import { check } from '../frame.mjs'
import { daytona, refused, withSandbox } from './kit.mjs'

const { DaytonaConnectionError, DaytonaNotFoundError } = daytona
const needs = { needs: ['python3'] }

check(
  'interpreter.output_and_state',
  () =>
    withSandbox(async ({ codeInterpreter }) => {
      const code = "import os, sys\nx = 20\nprint('out')\nprint('err', file=sys.stderr)\nprint(os.environ['GIVEN'])"
      const out = []
      const options = { envs: { GIVEN: 'by the call' }, onStdout: ({ output }) => void out.push(output) }
      const result = await codeInterpreter.runCode(code, options)
      assert.deepEqual([result.stdout, result.stderr, result.error], ['out\nby the call\n', 'err\n', undefined])
      assert.equal(out.join(''), result.stdout)
      // Names stay, the environment of a call does not.
      const again = await codeInterpreter.runCode("print(x + 1, os.environ.get('GIVEN'))")
      assert.equal(again.stdout, '21 None\n')
    }),
  needs
)

check(
  'interpreter.errors',
  () =>
    withSandbox(async ({ codeInterpreter }) => {
      const result = await codeInterpreter.runCode("print('before')\nraise ValueError('bad')")
      assert.equal(result.stdout, 'before\n')
      assert.deepEqual([result.error.name, result.error.value], ['ValueError', 'bad'])
      assert.match(result.error.traceback, /ValueError: bad/)
      // The npm SDK takes a run that was interrupted for one that ended: it raises nothing.
      const began = Date.now()
      const late = await codeInterpreter.runCode("print('early', flush=True)\nimport time; time.sleep(60)", {
        timeout: 1
      })
      assert.deepEqual([late.stdout, late.error], ['early\n', undefined])
      assert.ok(Date.now() - began < 40_000)
    }),
  needs
)

check(
  'interpreter.contexts',
  () =>
    withSandbox(async ({ codeInterpreter, fs }) => {
      await fs.createFolder('below', '755')
      const context = await codeInterpreter.createContext('/home/user/below')
      assert.deepEqual([context.language, context.active], ['python', true])
      const code = 'import os; y = 1; print(os.getcwd())'
      const { stdout } = await codeInterpreter.runCode(code, { context })
      assert.match(stdout, /\/below\n$/)
      // What one context knows, another does not.
      assert.equal((await codeInterpreter.runCode('print(y)')).error.name, 'NameError')
      const ids = async () => (await codeInterpreter.listContexts()).map(({ id }) => id)
      assert.ok((await ids()).includes(context.id))
      await codeInterpreter.deleteContext(context)
      assert.ok(!(await ids()).includes(context.id))
      await refused(DaytonaNotFoundError, () => codeInterpreter.deleteContext(context), '', 404)
      const lost = () => codeInterpreter.runCode('1', { context })
      await refused(DaytonaConnectionError, lost, 'context not found')
    }),
  needs
)
