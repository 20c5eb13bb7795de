import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as exported from '../src/index.ts'

it('the table of the README lists each extension, with its own RFC and keyword, and says what both halves do', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const table = readme.slice(readme.indexOf('| keyword | RFC |')).split('\n\n')[0] ?? ''
  const rows = table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const { eightBitMimeJustSend, ...extensions } = exported
  expect(rows.map((cells) => cells.slice(0, 3))).toEqual(
    rows.map(([, , name = '']) => {
      const { keyword, rfc } = extensions[name.replaceAll('`', '') as keyof typeof extensions]
      return [keyword, String(rfc), name]
    }),
  )
  expect(rows.map(([, , name]) => name).sort()).toEqual(
    Object.keys(extensions)
      .map((name) => `\`${name}\``)
      .sort(),
  )
  for (const [keyword, , , server = '', client = ''] of rows)
    expect(server.length > 10 && client.length > 10, keyword).toBe(true)
  expect(readme).toContain('`eightBitMimeJustSend`')
  expect(eightBitMimeJustSend.keyword).toBe('8BITMIME')
})
