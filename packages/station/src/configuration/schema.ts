import type * as z from 'zod'
import type { Contradiction } from './contradictions.ts'
import { pathFrom } from './settings.ts'

/**
 * A configuration file as a whole: its settings with absolute paths, and nothing in them that contradicts something else.
 * Paths in it are taken from a folder.
 */
export function fileSchema<S, C extends S>(
  settings: z.ZodType<S>,
  withPaths: (value: S, absolute: (path: string) => string) => C,
  contradictions: (value: C) => readonly Contradiction[],
): (folder: string) => z.ZodType<C> {
  return (folder) =>
    settings
      .transform((value) => withPaths(value, pathFrom(folder)))
      .check(({ value, issues }) => {
        for (const { path, message } of contradictions(value))
          issues.push({ code: 'custom', input: value, path, message })
      })
}
