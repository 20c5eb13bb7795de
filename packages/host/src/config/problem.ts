import type * as z from 'zod'
import { positionOf, type Source } from './source.ts'

/** One thing wrong with a configuration file. */
export interface Problem {
  readonly file: string
  /** From 1; absent when the file could not be read at all. */
  readonly line?: number
  readonly column?: number
  /** Where in the structure, such as `listeners[0].port`; empty for the whole file. */
  readonly path: string
  readonly reason: string
}

/** `file:line:column: path: reason`, as compilers write it and editors understand it. */
export function problemLine({ file, line, column, path, reason }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return path === '' ? `${place}: ${reason}` : `${place}: ${path}: ${reason}`
}

type Key = PropertyKey

/** The problems that a schema found, one for each unknown setting, in the order of the file. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], source: Source, schema: z.ZodType): readonly Problem[] {
  const at = (path: readonly Key[], reason: string, onKey: boolean): Problem => ({
    file: source.file,
    ...positionOf(source, path, onKey),
    path: pathText(path),
    reason,
  })
  const problems = issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => at([...issue.path, key], unknownSetting(schema, issue.path, key), true))
    if (issue.code === 'invalid_key') {
      const [first] = issue.issues
      return [at(issue.path, first?.message ?? issue.message, true)]
    }
    return [at(issue.path, issue.message, false)]
  })
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

/** What is wrong with a value, in words for the one who wrote the file. Values are named by their kind, never shown. */
export function reasonFor(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      return `expected ${expected[issue.expected] ?? issue.expected}, found ${kindOf(issue.input)}`
    case 'invalid_value':
      return `expected ${issue.values
        .map(String)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be at least ${issue.minimum}`
        : issue.origin === 'string'
          ? 'must not be empty'
          : `needs at least ${issue.minimum}`
    case 'too_big':
      return `must be at most ${issue.maximum}`
    default:
      return undefined
  }
}

const expected: Record<string, string | undefined> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping of settings',
  record: 'a mapping',
  array: 'a list',
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction'
  return typeof value === 'boolean' ? 'true or false' : 'a mapping'
}

function pathText(path: readonly Key[]): string {
  let text = ''
  for (const key of path)
    if (typeof key === 'number') text += `[${key}]`
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`
    else text += `[${JSON.stringify(String(key))}]`
  return text
}

function unknownSetting(schema: z.ZodType, path: readonly Key[], key: string): string {
  const near = settingsAt(schema, path).find((known) => difference(known, key.slice(0, 40)) <= known.length / 2.5)
  return near === undefined ? 'there is no such setting' : `there is no such setting; did you mean ${near}?`
}

/** Names that the schema knows at a place. */
function settingsAt(schema: z.ZodType, path: readonly Key[]): readonly string[] {
  let here: z.core.$ZodType | undefined = schema
  for (const key of path) {
    const { def } = inner(here)._zod as { def: Shape }
    here = def.shape?.[key as string] ?? def.valueType ?? def.element
    if (here === undefined) return []
  }
  return Object.keys((inner(here)._zod.def as Shape).shape ?? {})
}

interface Shape {
  readonly shape?: Record<string, z.core.$ZodType>
  readonly valueType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
}

/** Without defaults, options and transformations around it. */
function inner(schema: z.core.$ZodType): z.core.$ZodType {
  let here = schema
  for (;;) {
    const { innerType, in: before } = here._zod.def as Shape
    const next = innerType ?? before
    if (next === undefined) return here
    here = next
  }
}

/** Letters to add, lose or change between two names; case does not count. */
function difference(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const letter of a.toLowerCase()) {
    const next = [(row[0] ?? 0) + 1]
    for (const [at, other] of [...b.toLowerCase()].entries())
      next.push(Math.min((row[at] ?? 0) + (letter === other ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    row = next
  }
  return row.at(-1) ?? 0
}
