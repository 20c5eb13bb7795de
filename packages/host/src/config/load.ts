import { readFileSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import * as z from 'zod'
import { type Problem, problemsOf, reasonFor } from './problem.ts'
import type { Source } from './source.ts'

/** A configuration, or all that is wrong with its file. */
export type Loaded<T> =
  | { readonly kind: 'loaded'; readonly value: T }
  | { readonly kind: 'wrong'; readonly problems: readonly Problem[] }

/** Longer files are not read. */
const maxOctets = 1_048_576

/** Reads and checks a configuration file. What is wrong with it, or with reading it, is told as problems; nothing is thrown. */
export function loadConfig<S extends z.ZodType>(schema: S, file: string): Loaded<z.output<S>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    return wrong({ file, path: '', reason: `cannot be read: ${because}` })
  }
  return parseConfig(schema, text, file)
}

/** Checks the text of a configuration file: YAML 1.2, of which JSON is a part. `file` is for the problems. */
export function parseConfig<S extends z.ZodType>(schema: S, text: string, file: string): Loaded<z.output<S>> {
  if (text.length > maxOctets) return wrong({ file, path: '', reason: `is longer than ${maxOctets} octets` })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const source: Source = { file, document, lines }
  // One slip makes YAML stumble on; the first fault is the one to mend.
  const [fault] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0])
    return wrong({ file, line, column: col, path: '', reason: fault.message })
  }
  let input: unknown
  try {
    // An empty file is a mapping without settings: then the reasons name what is missing.
    input = document.toJS() ?? {}
  } catch (error) {
    return wrong({ file, line: 1, column: 1, path: '', reason: error instanceof Error ? error.message : String(error) })
  }
  const result = schema.safeParse(input, { error: reasonFor })
  if (result.success) return { kind: 'loaded', value: result.data }
  return wrong(...problemsOf(result.error.issues, source, schema))
}

/** The schema of the file for editors, as JSON Schema 2020-12. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>
}

function wrong(...problems: readonly Problem[]): { readonly kind: 'wrong'; readonly problems: readonly Problem[] } {
  return { kind: 'wrong', problems }
}
