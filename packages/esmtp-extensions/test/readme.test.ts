import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnyExtension } from '@angarium/smtp-wire'
import { expect, it } from 'vitest'
import * as exported from '../src/index.ts'
import { byName } from './extensions.ts'

const { '8bitmime-just-send': _, ...listed } = byName
const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
const rows = (readme.slice(readme.indexOf('| keyword | RFC |')).split('\n\n')[0] ?? '')
  .split('\n')
  .slice(2)
  .map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

it('the table of the README lists each extension with its own RFC and keyword, and says what both halves do', () => {
  expect(rows.map(([keyword, rfc]) => `${keyword} ${rfc}`).sort()).toEqual(
    Object.values(listed)
      .map(([{ keyword, rfc }]: readonly [AnyExtension, ...AnyExtension[]]) => `${keyword} ${rfc}`)
      .sort(),
  )
  for (const [keyword, , name = '', server = '', client = ''] of rows) {
    expect(exported, keyword).toHaveProperty(/^`(\w+)/.exec(name)?.[1] ?? '')
    expect(server.length > 10 && client.length > 5, keyword).toBe(true)
  }
  expect(readme).toContain('`eightBitMimeJustSend`')
})

it('there is a file for each extension, named by its keyword, and an extension in each file', () => {
  const files = readdirSync(join(import.meta.dirname, '../src')).filter((name) => name.endsWith('.ts'))
  const keywords = Object.values(listed).map(([{ keyword }]) => `${keyword.toLowerCase()}.ts`)
  expect(files.filter((name) => name !== 'index.ts').sort()).toEqual(keywords.sort())
  for (const [name, [extension]] of Object.entries(listed))
    expect([extension.name, extension.keyword]).toEqual([name, name.toUpperCase()])
})
