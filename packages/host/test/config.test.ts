import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  duration,
  formatDuration,
  formatSize,
  jsonSchema,
  loadConfig,
  parseConfig,
  parseDuration,
  parseSize,
  problemLine,
  secret,
  size,
} from '../src/index.ts'
import vectors from '../vectors/config.json' with { type: 'json' }

const schema = z
  .strictObject({
    hostname: z.string().min(1),
    listeners: z.array(z.strictObject({ address: z.string(), port: z.int().min(1).max(65_535) })).default([]),
    domains: z.record(z.string(), z.strictObject({ mailboxes: z.array(z.string()).optional() })).default({}),
    retry: z
      .strictObject({
        first: duration({ least: 1_000 }).prefault('5m'),
        mode: z.enum(['slow', 'fast', 'never']).default('slow'),
      })
      .prefault({}),
    limit: size({ least: 1, most: 1_073_741_824 }).prefault('1KiB'),
  })
  .check(({ value, issues }) => {
    if ('bad.example' in value.domains)
      issues.push({ code: 'custom', input: value, path: ['domains', 'bad.example'], message: 'is not wanted' })
  })

describe.each(vectors)('configuration file: $name', ({ text, value, problems, problemsAt }) => {
  it('is taken, or explained', () => {
    const result = parseConfig(schema, text, 'x.yaml')
    const lines = result.kind === 'wrong' ? result.problems.map(problemLine) : undefined
    if (value !== undefined) expect(result).toEqual({ kind: 'loaded', value })
    else if (problems !== undefined) expect(lines).toEqual(problems)
    else expect(lines?.map((line) => line.slice(0, line.indexOf(': ')))).toEqual(problemsAt)
  })
})

describe('loadConfig', () => {
  it('reads a file, and tells when it cannot', () => {
    const folder = mkdtempSync(join(tmpdir(), 'host-'))
    const file = join(folder, 'a.yaml')
    writeFileSync(file, 'hostname: a\n')
    expect(loadConfig(schema, file)).toMatchObject({ kind: 'loaded', value: { hostname: 'a' } })
    const missing = loadConfig(schema, join(folder, 'b.yaml'))
    expect(missing.kind === 'wrong' && missing.problems.map(problemLine)).toEqual([
      expect.stringContaining('b.yaml: cannot be read: ENOENT'),
    ])
    writeFileSync(file, `hostname: a\n#${'x'.repeat(1_048_576)}\n`)
    expect(loadConfig(schema, file)).toMatchObject({ problems: [{ reason: 'is longer than 1048576 octets' }] })
    rmSync(folder, { recursive: true })
  })
})

describe('JSON Schema', () => {
  it('describes the file, not the program', () => {
    expect(jsonSchema(schema)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      required: ['hostname'],
      additionalProperties: false,
      properties: { limit: { type: 'string', default: '1KiB' }, retry: { properties: { first: { default: '5m' } } } },
    })
  })

  it('has patterns that agree with the parsers', () => {
    const pattern = (one: z.ZodType): RegExp => new RegExp(String(jsonSchema(one).pattern))
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{0,3}[dhmsMKGiB0-9]{0,6}$/), (text) => {
        expect(pattern(duration()).test(text)).toBe(parseDuration(text) !== undefined)
        expect(pattern(size()).test(text)).toBe(parseSize(text) !== undefined)
      }),
    )
  })
})

describe('durations and sizes', () => {
  it.each([
    ['5m', 300_000],
    ['66m40s', 4_000_000],
    ['5d', 432_000_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['250ms', 250],
    ['0s', 0],
    ['90s', 90_000],
    ['', undefined],
    ['5', undefined],
    ['5m ', undefined],
    ['-5m', undefined],
    ['1.5h', undefined],
    ['5M', undefined],
    ['40s5m', undefined],
    ['٥m', undefined],
    ['9999999999s', undefined],
  ])('%j is %j ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    ['50MiB', 52_428_800],
    ['64KiB', 65_536],
    ['1GiB', 1_073_741_824],
    ['7B', 7],
    ['50MB', undefined],
    ['50', undefined],
    ['MiB', undefined],
    ['1e3B', undefined],
  ])('%j is %j octets', (text, octets) => {
    expect(parseSize(text)).toBe(octets)
  })

  it('are written as they are read', () => {
    fc.assert(fc.property(fc.nat(2 ** 40), (n) => parseDuration(formatDuration(n)) === n))
    fc.assert(fc.property(fc.nat(2 ** 40), (n) => parseSize(formatSize(n)) === n))
    expect(z.encode(duration(), 4_000_000)).toBe('1h6m40s')
    expect(z.encode(size(), 52_428_800)).toBe('50MiB')
  })
})

describe('secret', () => {
  it('shows itself only when asked', () => {
    const value = secret().parse('hunter2')
    expect(value.reveal()).toBe('hunter2')
    expect(`${value} ${JSON.stringify(value)}`).toBe('[redacted] "[redacted]"')
    expect(inspect({ value })).not.toContain('hunter2')
  })
})
