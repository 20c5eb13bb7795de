import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const places: string[] = []

/** A fresh directory, gone after the test. */
export function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'queue-'))
  places.push(directory)
  return directory
}

afterEach(() => {
  for (const directory of places.splice(0)) rmSync(directory, { recursive: true, force: true })
})
