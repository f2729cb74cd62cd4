// Prints the public operations of the npm SDK `@daytona/sdk`, as reflection finds them.
//
// Every class that one of the SDK's own modules exports, with its methods, getters and static
// methods. At run time TypeScript's `private` is gone: what a class's declaration marks as private or
// does not name is left out, and so are errors and what begins with an underscore. A new release that
// adds a class or a method shows here by itself.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageFolder } from '../frame.mjs'

const folder = join(packageFolder('@daytona/sdk'), 'esm')
const lines = new Set()

for (const file of readdirSync(folder)) {
  if (!file.endsWith('.js') || file === 'index.js') continue
  const module = await import(pathToFileURL(join(folder, file)).href)
  const declared = readFileSync(join(folder, file.replace(/\.js$/, '.d.ts')), 'utf8')
  for (const [name, kind] of Object.entries(module)) {
    if (typeof kind !== 'function' || !/^class /.test(Function.prototype.toString.call(kind))) continue
    const body = declaration(declared, name)
    for (const operation of operations(kind)) {
      if (isPublic(body, operation)) lines.add(`${name}.${operation}`)
    }
  }
}
process.stdout.write([...lines].sort().join('\n') + '\n')
// The SDK's modules may have opened something; nothing is to come.
process.exit(0)

/** The text of a class's declaration. */
function declaration(text, name) {
  const start = text.search(new RegExp(`declare class ${name}\\b`))
  if (start < 0) return ''
  return text.slice(start, text.indexOf('\n}', start))
}

/** The names of the methods, getters and static methods of a class. */
function operations(kind) {
  const own = Reflect.ownKeys(kind.prototype).filter((name) => name !== 'constructor')
  const of = Reflect.ownKeys(kind).filter((name) => typeof kind[name] === 'function')
  return [...own, ...of].map((name) => (name === Symbol.asyncDispose ? '[Symbol.asyncDispose]' : name.toString()))
}

function isPublic(body, operation) {
  if (operation.startsWith('_')) return false
  const name = operation.replace(/[[\].$]/g, '\\$&')
  if (new RegExp(`^\\s*(private|protected) [^;(]*\\b${name}\\b`, 'm').test(body)) return false
  return new RegExp(`^\\s*(static |get )*${name}[(<?]`, 'm').test(body)
}
