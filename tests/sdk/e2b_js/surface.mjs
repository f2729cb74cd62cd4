// Prints the public operations of the JavaScript SDK `e2b`.
//
// What is public is told by the package's declarations: at run time a private method looks like any
// other. Every class that the package exports, as a value or only as a type, with its public methods,
// accessors and fields, its own and inherited; and every exported function. Names that the running
// classes have and the declarations do not know are printed too, so that neither can hide one. Left
// out are errors, which are data.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { packageFolder, sdk } from '../frame.mjs'

const CLASS = /^(?:export )?declare (?:abstract )?class (\w+)(?:<.*?>)?(?: extends (\w+))?[^{]*\{\n([\s\S]*?)^\}/gm
const MEMBER = /^  ((?:(?:private|protected|static|readonly|abstract|get|set|declare) )*)(#?\w+)[?!]?\s*[(:<;]/
const OBVIOUS = new Set(['constructor', 'toString'])

function declared(text) {
  const classes = new Map()
  for (const [, name, parent, body] of text.matchAll(CLASS)) {
    const open = new Set()
    const closed = new Set()
    for (const line of body.split('\n')) {
      const [, words, member] = line.match(MEMBER) ?? []
      if (!member || member === 'constructor') continue
      const isStatic = /\bstatic\b/.test(words) ? 'static ' : ''
      ;(/private|protected/.test(words) ? closed : open).add(isStatic + member)
    }
    classes.set(name, { parent, open, closed })
  }
  return classes
}

/** A class and those that it extends, nearest first. */
function line(classes, name) {
  const found = []
  for (let at = name; classes.has(at); at = classes.get(at).parent) found.push(classes.get(at))
  return found
}

const isError = (classes, name) =>
  name === 'Error' || (classes.has(name) && isError(classes, classes.get(name).parent))

function runtimeNames(kind) {
  const names = Object.getOwnPropertyNames(kind.prototype)
  const statics = Object.getOwnPropertyNames(kind).filter((name) => typeof kind[name] === 'function')
  return [...names, ...statics.map((name) => `static ${name}`)]
}

const module = await sdk('e2b')
const text = readFileSync(join(packageFolder('e2b'), 'dist/index.d.ts'), 'utf8')
const classes = declared(text)
const exported = text.match(/^export \{([^}]*)\}/m)[1].split(',')
const lines = new Set()
for (const one of exported) {
  const name = one.trim().replace(/^type /, '').split(' as ')[0]
  const value = module[name]
  if (classes.has(name) && !isError(classes, name)) {
    const all = line(classes, name)
    const closed = new Set(all.flatMap((it) => [...it.closed]))
    const open = new Set(all.flatMap((it) => [...it.open]))
    if (value) runtimeNames(value).filter((it) => !closed.has(it)).forEach((it) => open.add(it))
    for (const member of open) {
      const bare = member.replace('static ', '')
      if (!OBVIOUS.has(bare) && !bare.startsWith('_')) lines.add(`${name}.${bare}`)
    }
  } else if (typeof value === 'function' && !/^class/.test(value.toString())) {
    lines.add(name)
  }
}
console.log([...lines].sort().join('\n'))
