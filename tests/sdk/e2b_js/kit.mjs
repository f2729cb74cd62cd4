// The SDK, and sandboxes that end with their check.

import { sdk } from '../frame.mjs'

export const e2b = await sdk('e2b')

const { Sandbox } = e2b

/** Runs `body` with a sandbox that is killed at the end, whatever happens. */
export async function withSandbox(options, body) {
  const { template = 'base', ...rest } = options
  const sandbox = await Sandbox.create(template, { timeoutMs: 300_000, ...rest })
  try {
    return await body(sandbox)
  } finally {
    await sandbox.kill()
  }
}

/** What a command writes on stdout, which must succeed. */
export async function text(sandbox, command, options) {
  return (await sandbox.commands.run(command, options)).stdout
}

/** The pages of a paginator. */
export async function pages(paginator) {
  const found = []
  while (paginator.hasNext) found.push(await paginator.nextItems())
  return found
}

/** An id that no sandbox has. */
export const NOBODY = 'i' + '0'.repeat(20)
