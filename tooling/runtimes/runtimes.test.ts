import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const base = mkdtempSync(join(tmpdir(), 'angarium-runtimes-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const here = join(import.meta.dirname, '../..')
const name = `node-${process.versions.node.split('.')[0]}`
const folder = `${name}-${process.platform}-${process.arch}`

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(base, file)), { recursive: true })
  writeFileSync(join(base, file), text)
}

/** Pins this very Node as the one of its line, and lays it where a fetched one would lie. */
const pin = (version: string): void => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, 'package-lock.json'), 'utf8'))
  lock.packages[`node_modules/${folder}`] = { version }
  for (const place of ['tooling/runtimes', '.toolchain/runtimes'])
    write(`${place}/package-lock.json`, JSON.stringify(lock))
}

const play = (...args: string[]): { ok: boolean; said: string } => {
  const program = join(base, 'tooling/runtimes/run.mjs')
  // Nothing may be fetched for a test.
  const env = { ...process.env, npm_config_offline: 'true', npm_config_cache: join(base, 'cache') }
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: base,
    env,
    encoding: 'utf8',
  })
  return { ok: status === 0, said: stdout + stderr }
}

beforeEach(() => {
  rmSync(base, { recursive: true, force: true })
  cpSync(import.meta.dirname, join(base, 'tooling/runtimes'), { recursive: true })
  for (const file of ['vitest.config.ts', 'tooling/checks/workspace.mjs', 'tooling/checks/import-direction.cjs'])
    cpSync(join(here, file), join(base, file))
  symlinkSync(join(here, 'node_modules'), join(base, 'node_modules'))
  mkdirSync(join(base, '.toolchain/runtimes/node_modules', folder, 'bin'), { recursive: true })
  symlinkSync(process.execPath, join(base, '.toolchain/runtimes/node_modules', folder, 'bin/node'))
  pin(process.versions.node)
  write('packages/smtp-wire/src/index.ts', `export const process = (text: string): string => text.trim()\n`)
  write(
    'packages/smtp-wire/test/a.test.ts',
    `import { readFileSync } from 'node:fs'\nimport { expect, it } from 'vitest'\nimport { process as own } from '../src/index.ts'\n` +
      `it('trims', () => expect(own(' x ')).toBe('x'))\nit.skip('is put off', () => {})\n` +
      `it('reads', () => expect(readFileSync(process.execPath).length).toBeGreaterThan(0))\n`,
  )
})

describe.skipIf(!['node-22', 'node-24', 'node-26'].includes(name))(
  `on this Node, where it is 22, 24 or 26: ${name}`,
  () => {
    const row = (...numbers: number[]): RegExp =>
      new RegExp(`^${name} +\\S+${numbers.map((n) => ` +${n}`).join('')} `, 'm')

    it('counts what passed and what was skipped, and lets a source call its own things as it likes', () => {
      const { ok, said } = play(`--only=${name}`)
      expect(said).toMatch(row(1, 2, 0, 1))
      expect(said).toMatch(/\n2 passed, 0 failed\n$/)
      expect(ok).toBe(true)
    })

    it('keeps apart a test that puts another module in place', () => {
      write('packages/smtp-wire/src/more.ts', `import { EOL } from 'node:os'\nexport const more = EOL.length\n`)
      const another = `vi.mock('node:os', () => ({ EOL: 'another' }))\n`
      // As many as will make one worker take both kinds.
      for (let copy = 0; copy < 4; copy++)
        for (const [kind, before, length] of [
          ['x', '', 1],
          ['y', another, 7],
        ] as const)
          write(
            `packages/smtp-wire/test/${copy}${kind}.test.ts`,
            `import { expect, it, vi } from 'vitest'\nimport { more } from '../src/more.ts'\n${before}` +
              `it('is of ${length}', () => expect(vi.fn(() => more)()).toBe(${length}))\n`,
          )
      expect(play(`--only=${name}`).said).toMatch(/\n10 passed, 0 failed\n$/)
    })

    const source = 'packages/smtp-wire/src/index.ts'
    const test = `import { it } from 'vitest'\n`
    const faults: [what: string, told: string, file: string, text: string][] = [
      [
        'a global of the runtime',
        'Buffer is not part of',
        source,
        `export const process = (t: string) => Buffer.from(t)\n`,
      ],
      ['a global asked for', 'setTimeout is not part', source, `export const process = typeof setTimeout\n`],
      ['the global object', 'globalThis is not part of', source, `export const process = globalThis\n`],
      ['a name of CommonJS', 'require is not part of', source, `export const process = require\n`],
      [
        'a failing test',
        'b.test.ts > fails',
        'packages/smtp-wire/test/b.test.ts',
        `${test}it('fails', () => null.x)\n`,
      ],
      [
        'a file that cannot be run',
        'b.test.ts\n',
        'packages/smtp-wire/test/b.test.ts',
        `${test}throw new Error('x')\n`,
      ],
      [
        'an error outside the tests',
        'vitest failed:',
        'packages/smtp-wire/test/b.test.ts',
        `${test}it('ends', () => void Promise.reject(new Error('x')))\n`,
      ],
    ]
    it.each(faults)('reports %s', (_, told, file, text) => {
      write(file, text)
      const { ok, said } = play(`--only=${name}`)
      expect(said).toContain(told)
      expect(said).toMatch(/\n[0-9]+ passed, [1-9][0-9]* failed\n$/)
      expect(ok).toBe(false)
    })

    it('reports a runtime that is not the one pinned', () => {
      pin('0.0.1')
      const { ok, said } = play(`--only=${name}`)
      expect(said).toContain(`meant for ${name} 0.0.1, but this is ${name} ${process.versions.node}`)
      expect(ok).toBe(false)
    })
  },
)

it('leaves out tests of sockets by name', () => {
  write('packages/dns-client/test/sockets.test.ts', `import { createSocket } from 'node:dgram'\n`)
  expect(play(`--only=${name}`).said).toContain(
    'left out, it needs node:dgram: packages/dns-client/test/sockets.test.ts',
  )
})

it('skips aloud what cannot be fetched, and fails where it is required', () => {
  write('.toolchain/runtimes/package-lock.json', 'another')
  expect(play('--only=bun')).toEqual({
    ok: true,
    said: expect.stringMatching(/SKIPPED: bun .*\n0 passed, 0 failed\n$/),
  })
  const { ok, said } = play('--only=bun,deno', '--required')
  expect(said).toMatch(/FAILED: bun .*\nFAILED: deno .*\n0 passed, 2 failed\n$/)
  expect(ok).toBe(false)
})

it('tells which runtime did not run what another ran', async () => {
  const { unlike } = await import(join(import.meta.dirname, 'report.mjs'))
  const tests = (...titles: string[]): { file: string; title: string }[] =>
    titles.map((title) => ({ file: title === 'hash' ? 'sasl' : 'smtp-wire', title }))
  const runs = [
    { name: 'node-24', ran: tests('one', 'two', 'two', 'hash'), skipped: [] },
    { name: 'bun', ran: tests('two', 'one', 'two'), skipped: tests('hash') },
    { name: 'deno', ran: tests('two', 'three'), skipped: tests('one') },
  ]
  const maySkip = (file: string): boolean => file === 'sasl'
  expect(unlike(runs.slice(0, 2), maySkip)).toEqual([])
  expect(unlike(runs, maySkip)).toEqual([
    'node-24: did not run what others ran:\n    three',
    'bun: did not run what others ran:\n    three',
    'deno: did not run what others ran:\n    one\n    two\n    hash',
  ])
})
