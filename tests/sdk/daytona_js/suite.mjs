// Drives the Daytona stand-in with the unmodified official npm SDK `@daytona/sdk`.
//
// Goal: what a user of the SDK sees (results, error classes, status codes, texts) is what the wire
// contract says the hosted Daytona gives. DAYTONA_API_KEY, DAYTONA_API_URL and DAYTONA_TARGET point
// the SDK at the stand-in. How checks are told and chosen: tests/sdk/README.md.

import { readdirSync } from 'node:fs'
import { main } from '../frame.mjs'

const here = new URL('.', import.meta.url)
for (const file of readdirSync(here).sort()) {
  if (file.startsWith('checks_') && file.endsWith('.mjs')) await import(new URL(file, here))
}
await main()
