// Scaffolds the package of a service extension: `node tooling/new-extension/create.mjs esmtp-xfoo XFOO [--in DIR]`.
// Inside this workspace it becomes a member; anywhere else it stands alone on the published packages.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

/**
 * Writes the package `name` for `keyword` into a folder of that name below `parent`, and answers the folder.
 *
 * @throws Error that tells what is wrong with the words given, or that the folder is there
 */
export function createExtension(name, keyword, parent = '.') {
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(name)) throw new Error(`${name} is no package name`)
  if (!/^[A-Z0-9][A-Z0-9-]{0,30}$/.test(keyword))
    throw new Error(`${keyword} is no keyword: A-Z, 0-9 and -, 31 at most`)
  const folder = join(resolve(parent), name.split('/').at(-1))
  if (existsSync(folder)) throw new Error(`${folder} is there already`)
  const inside = !relative(root, folder).startsWith('..')
  const identifier = identifierOf(keyword)
  const words = {
    NAME: name,
    KEYWORD: keyword,
    FILE: keyword.toLowerCase(),
    IDENTIFIER: identifier,
    TYPE: `${identifier[0].toUpperCase()}${identifier.slice(1)}`,
    KEY: /^[A-Z]\w*$/.test(keyword) ? keyword : `'${keyword}'`,
    ...(inside ? member(folder) : standalone()),
  }
  const template = join(here, 'template')
  for (const file of readdirSync(template, { recursive: true }).filter((one) => one.endsWith('.template'))) {
    // A member has the workspace's.
    if (inside && file === 'tsconfig.base.json.template') continue
    const filled = readFileSync(join(template, file), 'utf8').replace(/__([A-Z_]+?)__/g, (_, word) => words[word])
    const target = join(folder, file.slice(0, -'.template'.length).replace('keyword', words.FILE))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, filled)
  }
  return folder
}

/** `X-FOO` is xFoo. What would be no name of a constant gets one. */
function identifierOf(keyword) {
  const name = keyword.toLowerCase().replace(/-+(.?)/g, (_, next) => next.toUpperCase())
  try {
    new Function(`'use strict'; const ${name} = 0`)
    return name
  } catch {
    return `esmtp${name[0].toUpperCase()}${name.slice(1)}`
  }
}

/** Versions and settings come from the workspace. */
function member(folder) {
  const base = (from) => relative(from, join(root, 'tsconfig.base.json'))
  return {
    SMTP_WIRE: 'workspace:^',
    TYPESCRIPT: 'catalog:',
    NODE_TYPES: 'catalog:',
    VITEST: 'catalog:',
    BASE: base(folder),
    TEST_BASE: base(join(folder, 'test')),
  }
}

/** Versions are those of the workspace, spelled out; settings are the package's own. */
function standalone() {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/smtp-wire/package.json'), 'utf8'))
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const catalog = (name) => new RegExp(`^ {2}"?${name}"?: (.+)$`, 'm').exec(workspace)[1]
  return {
    SMTP_WIRE: `^${version}`,
    TYPESCRIPT: catalog('typescript'),
    NODE_TYPES: catalog('@types/node'),
    VITEST: catalog('vitest'),
    BASE: './tsconfig.base.json',
    TEST_BASE: '../tsconfig.base.json',
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2)
  const at = words.indexOf('--in')
  const [, parent] = at === -1 ? [] : words.splice(at, 2)
  const [name, keyword, ...more] = words
  try {
    if (keyword === undefined || more.length > 0 || (at !== -1 && parent === undefined))
      throw new Error('usage: node tooling/new-extension/create.mjs <package> <KEYWORD> [--in DIR]')
    console.log(`${createExtension(name, keyword, parent)} is there: its README says what is next`)
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}
