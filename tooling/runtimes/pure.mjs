// Which packages promise to run anywhere, as the table of the import check has it, and which tests are theirs. Those that
// may import `node:crypto` promise it for Node, Bun and Deno; all others for any engine of the language.
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { root } from '../checks/workspace.mjs'

const { pure } = createRequire(import.meta.url)('../checks/import-direction.cjs')

/** The line of the table for a file below `packages/<package>/<part>/`. */
const promise = (file, part) => pure[new RegExp(`^packages/([^/]+)/${part}/`).exec(file)?.[1] ?? '']

/** Whether a file is a source that may use the language alone. */
export function isLanguageOnly(path) {
  const file = relative(root, path).split(sep).join('/')
  const its = promise(file, 'src')
  if (its === undefined || its.exceptModule !== undefined) return false
  return its.exceptFrom === undefined || !new RegExp(its.exceptFrom).test(file)
}

/** Whether a test may be skipped on one runtime and run on another: `node:crypto` does not have the same everywhere. */
export const maySkip = (file) => promise(file, '[^/]+')?.exceptModule !== undefined

/** Modules by which a test drives sockets or looks into Node itself: it is then no test of what runs anywhere. */
const ofNode = /^import [^\n]*'(node:(?:async_hooks|child_process|dgram|http|https|net|tls|worker_threads))'/m

/** The test files of those packages, with their text; those of Node's own drivers with the module that shows it. */
export function pureTests() {
  const patterns = Object.keys(pure).map((folder) => `packages/${folder}/{src,test}/**/*.test.ts`)
  return globSync(patterns, { cwd: root })
    .sort()
    .map((found) => {
      const file = found.split(sep).join('/')
      const text = readFileSync(join(root, file), 'utf8')
      return { file, text, needs: ofNode.exec(text)?.[1] }
    })
}
