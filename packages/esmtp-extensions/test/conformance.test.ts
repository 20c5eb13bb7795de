import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** What becomes here of one requirement. */
interface Entry {
  readonly id: string
  readonly does: 'yes' | 'deviates' | 'elsewhere' | 'not ours'
  readonly where?: string
  /** `file: name`; of a name all titles, or the last, as they stand in the source or in a vector. */
  readonly test?: string | readonly string[]
  readonly note?: string
}

const root = join(import.meta.dirname, '../../..')
const data = join(import.meta.dirname, '../vectors/conformance')
const shared = join(process.env.ANGARIUM_SHARED ?? join(root, '../shared'), 'rfc/requirements')

const rfcs = [1870, 1985, 2645, 2852, 3030, 3207, 3461, 4865, 4954, 6152, 6531, 6533, 6710, 7293, 8689, 9422]
const read = <T>(folder: string, rfc: number): readonly T[] =>
  JSON.parse(readFileSync(join(folder, `rfc${rfc}.json`), 'utf8')) as readonly T[]
const all = rfcs.map((rfc) => [rfc, read<Entry>(data, rfc)] as const)

it('every RFC has its list', () => {
  expect(readdirSync(data).sort()).toEqual(rfcs.map((rfc) => `rfc${rfc}.json`))
})

describe.skipIf(!existsSync(shared))('requirements (skipped where ../shared/rfc/requirements is absent)', () => {
  it.each(all)('of RFC %i are there, each once, and no others', (rfc, entries) => {
    expect(entries.map(({ id }) => id)).toEqual(read<{ id: string }>(shared, rfc).map(({ id }) => id))
  })
})

describe.each(all)('RFC %i', (_, entries) => {
  it('says of each requirement what it has to', () => {
    for (const { id, does, where, test, note } of entries) {
      const isDone = does === 'yes' || does === 'elsewhere'
      if (isDone) expect([where, test], id).not.toContain(undefined)
      if (does !== 'yes') expect(note, id).toMatch(/\S\.$/)
      if (does === 'deviates') expect(where, id).toBeDefined()
      if (does === 'not ours') expect([where, test], id).toEqual([undefined, undefined])
      if (where !== undefined) expect(existsSync(join(root, where)), where).toBe(true)
    }
  })

  it('names tests that are there', () => {
    for (const { id, test = [] } of entries)
      for (const one of [test].flat()) {
        const [, file = '', name = ''] = /^(\S+?\.test\.ts): (.+)$/s.exec(one) ?? []
        expect(existsSync(join(root, file)), `${id}: ${file}`).toBe(true)
        for (const title of name.split(' > ')) expect(isTitle(file, title), `${id}: ${one}`).toBe(true)
      }
  })
})

/** What a test file may take its titles from: itself, its helpers, and the vectors of its package. */
interface Sources {
  readonly texts: readonly string[]
  readonly names: ReadonlySet<string>
  /** Titles with gaps that a vector fills. */
  readonly templates: readonly RegExp[]
}

const known = new Map<string, Sources>()

function sourcesOf(file: string): Sources {
  const before = known.get(file)
  if (before !== undefined) return before
  const member = join(root, file.split('/').slice(0, 2).join('/'))
  const own = readFileSync(join(root, file), 'utf8')
  const vectors = filesIn(join(member, 'vectors')).filter((path) => !path.includes('/conformance/'))
  const helpers = filesIn(join(member, 'test')).filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  const suites = [join(root, 'packages/queue/src/compliance')].flatMap(filesIn)
  const paths = [...vectors, ...helpers, ...(own.includes('compliance') ? suites : [])]
  const titles = /(?:it|describe)(?:\.\w+)*(?:<[^()]*>)?(?:\([^\n]*\))?\(\s*(['"`])(.*?)\1,/gs
  const sources: Sources = {
    texts: [own, ...paths.map((path) => readFileSync(path, 'utf8'))],
    names: new Set(paths.map((path) => basename(path).replace(/\.\w+$/, ''))),
    templates: [...own.matchAll(titles)].flatMap(([, , title = '']) => templateOf(title) ?? []),
  }
  known.set(file, sources)
  return sources
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** `undefined` for a title without gaps, and for one that is nothing else. */
function templateOf(title: string): RegExp | undefined {
  const gaps = /\$\{[^}]*\}|\$\w+|%[sijo]/g
  const words = title.split(gaps)
  if (words.length === 1 || words.join('').trim() === '') return undefined
  return new RegExp(`^${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+?)')}$`)
}

function isTitle(file: string, title: string): boolean {
  const sources = sourcesOf(file)
  if (isWritten(title, sources)) return true
  return sources.templates.some((template) => {
    const filled = template.exec(title)
    return filled?.slice(1).every((word) => sources.names.has(word) || isWritten(word, sources)) === true
  })
}

/** Quoted, or the heading of a transcript. */
function isWritten(title: string, { texts }: Sources): boolean {
  const escaped = title.replace(/[^ -~]/g, (at) => `\\u${at.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const forms = [title, escaped].flatMap((one) => [
    `'${one}'`,
    `"${one}"`,
    `\`${one}\``,
    JSON.stringify(one),
    `== ${one}\n`,
  ])
  const [, heading] = /^\w+\.smtp: (.+)$/.exec(title) ?? []
  if (heading !== undefined) forms.push(`== ${heading}\n`)
  return texts.some((text) => forms.some((form) => text.includes(form)))
}
