// Drives the E2B stand-in with the unmodified JavaScript SDK `e2b`; see ../README.md.
//
// E2B_API_KEY, E2B_API_URL and E2B_SANDBOX_URL point the SDK at the stand-in.

import { main } from '../frame.mjs'

// Importing registers the checks.
import './checks_commands.mjs'
import './checks_errors.mjs'
import './checks_files.mjs'
import './checks_git.mjs'
import './checks_lifecycle.mjs'
import './checks_state.mjs'
import './checks_template.mjs'
import './checks_unsupported.mjs'

await main()
