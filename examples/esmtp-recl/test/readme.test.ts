import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the example of the README prints what it says', () => {
  const home = join(import.meta.dirname, '..')
  const text = readFileSync(join(home, 'README.md'), 'utf8')
  const [, code = '', output] = /^```ts\n(\/\/ example\n.*?)^```\n+```text\n(.*?)^```/ms.exec(text) ?? []
  const place = mkdtempSync(join(home, '.example-'))
  try {
    writeFileSync(join(place, 'example.ts'), code)
    const run = spawnSync(process.execPath, ['--conditions=@angarium/source', 'example.ts'], {
      cwd: place,
      encoding: 'utf8',
    })
    expect([run.stderr, run.stdout]).toEqual(['', output])
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})
