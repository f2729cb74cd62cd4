// What the checks of this suite share: the SDK, a client, sandboxes of a check's own, refusals.

import { randomUUID } from 'node:crypto'
import { sdk, sleep } from '../frame.mjs'

export const daytona = await sdk('@daytona/sdk')
export const { SandboxState } = daytona

/** The client that all checks share, as a program's checks would. */
export const client = lazily(() => new daytona.Daytona())

/** The environment's configuration with some fields changed. */
export function another(fields) {
  return new daytona.Daytona({
    apiKey: process.env.DAYTONA_API_KEY,
    apiUrl: process.env.DAYTONA_API_URL,
    target: 'us',
    ...fields
  })
}

/** A name that no other check has. */
export const unique = (word) => `${word}-${randomUUID().slice(0, 10)}`

/** Runs `use` with a sandbox of its own, which is deleted afterwards whatever happens. */
export async function withSandbox(params, use) {
  if (typeof params === 'function') [params, use] = [undefined, params]
  const sandbox = await client().create(params, { timeout: 60 })
  try {
    return await use(sandbox)
  } finally {
    await discard(sandbox)
  }
}

/** Deletes a sandbox that may be gone, or on its way from one state to the next. */
export async function discard(sandbox) {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      return await sandbox.delete()
    } catch (error) {
      if (error.statusCode === 404) return
      if (error.statusCode !== 409 || Date.now() > deadline) throw error
    }
    await sleep(100)
  }
}

/**
 * The error that `action` must throw: of this class or of a finer one below it (501 is none of the
 * SDK's statuses, so there it is exactly `DaytonaError`), with this text and status.
 */
export async function refused(kind, action, text = '', status) {
  let result
  try {
    result = await action()
  } catch (error) {
    const got = `${error?.constructor?.name}(${error?.statusCode}): ${error?.message}`
    const right = status === 501 ? error?.constructor === kind : error instanceof kind
    if (!right) throw new Error(`${kind.name} is due, got ${got}`, { cause: error })
    if (!error.message.includes(text)) throw new Error(`"${text}" is due, got ${got}`, { cause: error })
    if (status !== undefined && error.statusCode !== status) {
      throw new Error(`status ${status} is due, got ${got}`, { cause: error })
    }
    return error
  }
  if (result?.toolboxProxyUrl) await discard(result)
  throw new Error(`${kind.name} is due, got ${typeof result}`)
}

/** A websocket that is not opened: the library tells so in its own words and by an event. */
export async function notUpgraded(action, status) {
  try {
    await action()
  } catch (error) {
    if (String(error?.message).includes(`Unexpected server response: ${status}`)) return
    throw new Error(`${status} instead of the upgrade is due, got ${error?.message}`, { cause: error })
  }
  throw new Error(`${status} instead of the upgrade is due`)
}

/** Everything that an asynchronous iterator gives. */
export async function all(iterator) {
  const items = []
  for await (const item of iterator) items.push(item)
  return items
}

function lazily(make) {
  let made
  return () => (made ??= make())
}
