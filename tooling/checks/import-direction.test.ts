import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const program = join(import.meta.dirname, 'imports.mjs')
const base = mkdtempSync(join(tmpdir(), 'angarium-imports-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const judge = (...args: string[]): { faults: string[]; said: string; ok: boolean } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  return { faults: stderr.split('\n').filter((line) => line !== ''), said: stdout, ok: status === 0 }
}

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(base, file)), { recursive: true })
  writeFileSync(join(base, file), text)
}

/** A member that imports the others named, as pnpm would lay it out. */
const plant = (folder: string, uses: string[], source: string): void => {
  const name = `@angarium/${folder.slice(folder.indexOf('/') + 1)}`
  const dependencies = Object.fromEntries(uses.map((other) => [`@angarium/${other.split('/')[1]}`, 'workspace:^']))
  const exports = { '.': { '@angarium/source': './src/index.ts', types: './dist/index.d.ts' } }
  write(`${folder}/package.json`, JSON.stringify({ name, type: 'module', exports, dependencies }))
  write(`${folder}/src/index.ts`, source)
  for (const other of uses) {
    const link = join(base, folder, 'node_modules/@angarium', other.split('/')[1] ?? '')
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(base, other), link)
  }
}

beforeEach(() => {
  rmSync(base, { recursive: true, force: true })
  write('package.json', '{ "private": true, "type": "module" }')
  plant('packages/smtp-wire', [], `export * from './reply.ts'\n`)
  write('packages/smtp-wire/src/reply.ts', 'export const reply = 250\n')
  plant('packages/sasl', [], `import { createHash } from 'node:crypto'\nexport const hash = createHash\n`)
  plant('packages/queue', ['packages/smtp-wire'], `export { reply } from '@angarium/smtp-wire'\n`)
  plant('packages/queue-sqlite', ['packages/queue'], `export { reply } from '@angarium/queue'\nimport 'node:sqlite'\n`)
  plant('packages/host', [], 'export const host = 1\n')
  plant('apps/mta', ['packages/queue', 'packages/queue-sqlite', 'packages/host'], `import '@angarium/queue-sqlite'\n`)
  plant('apps/submission', ['packages/queue'], `import '@angarium/queue'\n`)
})

describe('a tree that keeps the rules', () => {
  it('passes, and its imports between members are seen', () => {
    expect(judge(base)).toMatchObject({ ok: true, faults: [], said: '8 modules, 4 imports between members\n' })
  })
})

describe('a planted violation is reported', () => {
  const cases: [what: string, rule: string, sow: () => void][] = [
    [
      'a relative import into another package',
      'no-deep-import: packages/queue/src/lease.ts -> packages/smtp-wire/src/reply.ts',
      () => write('packages/queue/src/lease.ts', `export { reply } from '../../smtp-wire/src/reply.ts'\n`),
    ],
    [
      'a relative import into another package from a test',
      'no-deep-import: packages/queue/test/lease.test.ts -> packages/smtp-wire/src/reply.ts',
      () => write('packages/queue/test/lease.test.ts', `import '../../smtp-wire/src/reply.ts'\n`),
    ],
    [
      'an import of a subpath that is not exported',
      'resolvable: packages/queue/src/lease.ts -> @angarium/smtp-wire/src/reply.ts',
      () => write('packages/queue/src/lease.ts', `export { reply } from '@angarium/smtp-wire/src/reply.ts'\n`),
    ],
    [
      'a lower tier importing a higher one by name',
      'smtp-wire-may-import: packages/smtp-wire/src/index.ts -> packages/queue/src/index.ts',
      () => plant('packages/smtp-wire', ['packages/queue'], `import '@angarium/queue'\n`),
    ],
    [
      'the same, only of types',
      'sasl-may-import: packages/sasl/src/index.ts -> packages/queue/src/index.ts',
      () => plant('packages/sasl', ['packages/queue'], `export type { reply } from '@angarium/queue'\n`),
    ],
    [
      'a package that imports a store',
      'reception-may-import: packages/reception/src/index.ts -> packages/queue-sqlite/src/index.ts',
      () => plant('packages/reception', ['packages/queue-sqlite'], `import '@angarium/queue-sqlite'\n`),
    ],
    [
      'a package that imports the private host',
      'delivery-may-import: packages/delivery/src/index.ts -> packages/host/src/index.ts',
      () => plant('packages/delivery', ['packages/host'], `import '@angarium/host'\n`),
    ],
    [
      'a package that imports an app',
      'no-package-imports-an-app: packages/host/src/index.ts -> apps/mta/src/index.ts',
      () => plant('packages/host', ['apps/mta'], `import '@angarium/mta'\n`),
    ],
    [
      'an app that imports the other app',
      'apps-stand-alone: apps/submission/src/index.ts -> apps/mta/src/index.ts',
      () => plant('apps/submission', ['apps/mta'], `import '@angarium/mta'\n`),
    ],
    [
      'a Node module in a pure package',
      'smtp-wire-is-pure: packages/smtp-wire/src/reply.ts -> net',
      () => write('packages/smtp-wire/src/reply.ts', `import 'node:net'\n`),
    ],
    [
      'a Node module without its prefix, of types only',
      'queue-is-pure: packages/queue/src/index.ts -> fs',
      () => plant('packages/queue', [], `export type { Stats } from 'fs'\n`),
    ],
    [
      'another Node module than the one allowed',
      'sasl-is-pure: packages/sasl/src/index.ts -> fs',
      () => plant('packages/sasl', [], `import 'node:fs'\n`),
    ],
    [
      'sockets of the resolver outside its own entry',
      'dns-client-is-pure: packages/dns-client/src/index.ts -> dgram',
      () => plant('packages/dns-client', [], `import 'node:dgram'\n`),
    ],
    [
      'a cycle of files',
      'no-cycle: packages/smtp-wire/src/',
      () => write('packages/smtp-wire/src/reply.ts', `import './index.ts'\nexport const reply = 250\n`),
    ],
    [
      'a file that is not there',
      'resolvable: packages/smtp-wire/src/index.ts -> ./gone.ts',
      () => write('packages/smtp-wire/src/index.ts', `import './gone.ts'\n`),
    ],
    [
      'a package nobody gave a place',
      'in-the-table: packages/spool has no line in tooling/checks/import-direction.cjs',
      () => plant('packages/spool', [], 'export const spool = 1\n'),
    ],
  ]

  it.each(cases)('%s', (_, rule, sow) => {
    sow()
    const { faults, ok } = judge(base)
    expect(ok).toBe(false)
    expect(faults.some((fault) => fault.startsWith(rule))).toBe(true)
  })

  it('lets the resolver keep its sockets behind ./node', () => {
    plant('packages/dns-client', [], 'export const answer = 1\n')
    write('packages/dns-client/src/node.ts', `import 'node:dgram'\n`)
    write('packages/dns-client/src/node/socket.ts', `import 'node:dgram'\n`)
    expect(judge(base).faults).toEqual([])
  })
})

describe('this tree', () => {
  it('is followed through every import', () => {
    const files = ['packages', 'apps'].flatMap((group) => sources(join(import.meta.dirname, '../..', group)))
    const written = files.flatMap((file) => [
      ...new Set(
        [...readFileSync(file, 'utf8').matchAll(/^(?:import|export|\}) .*'(@angarium\/[^']+)'/gm)].map((m) => m[1]),
      ),
    ])
    const { faults, said } = judge()
    expect(faults.filter((fault) => fault.startsWith('resolvable'))).toEqual([])
    const [, modules, between] = /^(\d+) modules, (\d+) imports/.exec(said) ?? []
    expect(Number(modules)).toBeGreaterThanOrEqual(files.length)
    expect(Number(between)).toBeGreaterThanOrEqual(written.length)
  })
})

/** The source files under a folder of members, found without the tool under test. */
function sources(group: string): string[] {
  if (!existsSync(group)) return []
  return readdirSync(group, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^[^/]+\/src\/.*\.ts$/.test(file))
    .map((file) => join(group, file))
}
