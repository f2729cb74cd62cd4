// What the JavaScript suites share: how a check is named, run, told and helped.
//
// `check('area.what', async () => {...}, { needs: ['git'] })` registers a check; it makes and ends
// its own sandboxes. `main()` prints one line per check: `ok NAME`, `skip NAME: needs CAPABILITY`
// or `FAIL NAME: message`, with the stack on stderr; the exit code is 0 only if none failed.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What the machine and the stand-in's engine have, e.g. `isolation`, `root`, `git`. */
export const CAPABILITIES = new Set(
  (process.env.CUTOVER_CAPABILITIES ?? '').split(',').filter(Boolean)
)

/** Ample for a machine that builds something beside. */
const CHECK_MS_MAX = 120_000
const WORKERS = Number(process.env.CUTOVER_SDK_WORKERS ?? 8)

const checks = new Map()

/** The folder of an installed package. */
export function packageFolder(name) {
  const home = process.env.CUTOVER_SDK_NODE_MODULES
  if (!home) throw new Error('CUTOVER_SDK_NODE_MODULES names no folder with node_modules')
  return join(home, 'node_modules', name)
}

/**
 * The module that `import ... from NAME` gives in Node. A suite lies outside the folder with
 * `node_modules`, where Node would not look; so the package is imported by its address.
 */
export async function sdk(name) {
  const folder = packageFolder(name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  let entry = manifest.exports?.['.'] ?? manifest.exports ?? manifest.main
  while (typeof entry === 'object') entry = entry.node ?? entry.import ?? entry.default
  const module = await import(pathToFileURL(join(folder, entry)).href)
  // A CommonJS package shows its names as properties of `default`.
  return manifest.exports ? module : { ...module.default, ...module }
}

/** Registers a check; it is skipped where one of the capabilities `needs` is missing. */
export function check(name, run, { needs = [] } = {}) {
  if (!/^\S+\.\S+$/.test(name)) throw new Error(`bad name of a check: ${name}`)
  if (checks.has(name)) throw new Error(`two checks are called ${name}`)
  checks.set(name, { run, needs })
}

export const has = (capability) => CAPABILITIES.has(capability)

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * The error that `action` must throw: of exactly this class, with `text` in its message, or with
 * `exact` as its whole message.
 */
export async function raises(kind, action, text = '', { exact } = {}) {
  let result
  try {
    result = await (typeof action === 'function' ? action() : action)
  } catch (error) {
    const name = error?.constructor?.name
    if (error?.constructor !== kind) {
      throw new Error(`${name} instead of ${kind.name}: ${error?.message}`, { cause: error })
    }
    if (exact !== undefined && error.message !== exact) {
      throw new Error(`${show(error.message)} instead of ${show(exact)}`, { cause: error })
    }
    if (!error.message.includes(text)) {
      throw new Error(`${show(text)} is not in ${show(error.message)}`, { cause: error })
    }
    return error
  }
  throw new Error(`no ${kind.name}, but ${show(result)}`)
}

/** Waits until `condition` gives something truthy, and gives that. */
export async function until(condition, what, seconds = 20) {
  const deadline = Date.now() + seconds * 1000
  while (Date.now() < deadline) {
    const found = await condition()
    if (found) return found
    await sleep(20)
  }
  throw new Error(`not within ${seconds} s: ${what}`)
}

function show(value) {
  let text
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value) ?? String(value)
  } catch {
    text = String(value)
  }
  return text.length < 600 ? text : `${text.slice(0, 600)}... (${text.length} characters)`
}

async function runOne(name, { run, needs }) {
  const missing = needs.filter((need) => !CAPABILITIES.has(need))
  if (missing.length > 0) {
    process.stdout.write(`skip ${name}: needs ${missing.join(', ')}\n`)
    return true
  }
  const began = Date.now()
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`ran over ${CHECK_MS_MAX} ms`)), CHECK_MS_MAX)
  })
  try {
    await Promise.race([run(), late])
    process.stdout.write(`ok ${name}\n`)
    return true
  } catch (error) {
    process.stderr.write(`--- ${name}\n${error?.stack ?? error}\n`)
    if (error?.cause) process.stderr.write(`caused by ${error.cause.stack ?? error.cause}\n`)
    const text = String(error?.message ?? error).replace(/\s+/g, ' ').slice(0, 500)
    process.stdout.write(`FAIL ${name}: ${error?.constructor?.name}: ${text}\n`)
    return false
  } finally {
    clearTimeout(timer)
    if (process.env.CUTOVER_SDK_TIMES) {
      process.stderr.write(`    ${((Date.now() - began) / 1000).toFixed(2)} s ${name}\n`)
    }
  }
}

/** Runs what the arguments say and ends the process. */
export async function main() {
  const args = process.argv.slice(2)
  const at = args.indexOf('--only')
  const prefix = at >= 0 ? args[at + 1] : ''
  const chosen = [...checks].filter(([name]) => name.startsWith(prefix))
  if (args.includes('--list')) {
    process.stdout.write(chosen.map(([name]) => `${name}\n`).sort().join(''))
    return
  }
  if (chosen.length === 0) {
    process.stderr.write(`no check is called ${prefix}...\n`)
    process.exitCode = 2
    return
  }
  // A rejection that nobody awaits is a mistake of a check or a fault of the SDK; neither passes.
  let stray = 0
  process.on('unhandledRejection', (error) => {
    stray += 1
    process.stderr.write(`a rejection that nobody awaited: ${error?.stack ?? error}\n`)
  })
  let failed = 0
  const worker = async () => {
    for (let next = chosen.shift(); next; next = chosen.shift()) {
      if (!(await runOne(...next))) failed += 1
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
  // An SDK may keep sockets open; whatever is still to be said was said above.
  process.exit(failed > 0 || stray > 0 ? 1 : 0)
}
