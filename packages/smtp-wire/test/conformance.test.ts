import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** What becomes here of one requirement of an RFC. */
interface Entry {
  readonly id: string
  readonly does: 'yes' | 'deviates' | 'elsewhere' | 'not ours'
  /** File or folder that does it, from the root of the repository. */
  readonly where?: string
  /** `<file from the root>: <part of the test's name>`. */
  readonly test?: string | readonly string[]
  readonly note?: string
}

const rfcs = [1123, 2033, 2034, 2920, 3463, 5248, 5321, 7504, 7505]
const root = new URL('../../../', import.meta.url).pathname
const folder = process.env.ANGARIUM_SHARED ?? `${root}../shared`
const isThere = existsSync(`${folder}/rfc/requirements`)

describe('conformance', () => {
  it('is told of these RFCs', () => {
    expect(readdirSync(`${root}packages/smtp-wire/vectors/conformance`).sort()).toEqual(
      rfcs.map((rfc) => `rfc${rfc}.json`),
    )
  })

  describe.each(rfcs)('with RFC %i', (rfc) => {
    const entries = JSON.parse(
      readFileSync(`${root}packages/smtp-wire/vectors/conformance/rfc${rfc}.json`, 'utf8'),
    ) as readonly Entry[]

    it.skipIf(!isThere)(
      `is told of each requirement, once${isThere ? '' : ' (skipped: ANGARIUM_SHARED is not at hand)'}`,
      () => {
        const { length, ids } = requirements(rfc)
        expect(entries.map(({ id }) => id)).toEqual(ids)
        expect(new Set(ids).size).toBe(length)
      },
    )

    it('has what each word promises, and names files and tests that are there', () => {
      expect(entries.flatMap(faults)).toEqual([])
    })
  })
})

function requirements(rfc: number): { readonly length: number; readonly ids: readonly string[] } {
  const all = JSON.parse(readFileSync(`${folder}/rfc/requirements/rfc${rfc}.json`, 'utf8')) as readonly { id: string }[]
  return { length: all.length, ids: all.map(({ id }) => id) }
}

function faults({ id, does, where, test = [], note }: Entry): readonly string[] {
  const tests = typeof test === 'string' ? [test] : test
  const missing = [
    !['yes', 'deviates', 'elsewhere', 'not ours'].includes(does) && `no such word as ${does}`,
    does !== 'not ours' && (where === undefined || !existsSync(root + where)) && `no file ${where}`,
    (does === 'yes' || does === 'elsewhere') && tests.length === 0 && 'no test',
    does !== 'yes' && (note === undefined || !note.endsWith('.')) && 'no note',
    ...tests.map((one) => !isNamed(one) && `no test ${one}`),
  ]
  return missing.flatMap((fault) => (fault === false ? [] : [`${id}: ${fault}`]))
}

/**
 * Whether the file of a test, or the vectors it is made from, have each part of its name, or what stands behind a prefix
 * of that part. "…" stands for what is put in when the test runs.
 */
function isNamed(test: string): boolean {
  const [, file, name] = /^(.+?\.test\.ts): (.+)$/s.exec(test) ?? []
  if (file === undefined || name === undefined || !existsSync(root + file)) return false
  const text = textOf(file)
  const parts = name.split(/ > |…/).map((part) => part.trim())
  return parts.every((part) => text.includes(part) || text.includes(part.replace(/^[^:]*: /, '')))
}

const texts = new Map<string, string>()

function textOf(file: string): string {
  const known = texts.get(file)
  if (known !== undefined) return known
  const text = readFileSync(root + file, 'utf8') + vectorsOf(file.replace(/test\/[^/]*$/, 'vectors'))
  texts.set(file, text)
  return text
}

function vectorsOf(path: string): string {
  if (!existsSync(root + path)) return ''
  return readdirSync(root + path, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /\.(json|smtp)$/.test(entry.name) && !entry.parentPath.endsWith('/conformance'),
    )
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'))
    .join('\n')
    .replaceAll('\\"', '"')
}
