// What vitest is told on every runtime; run.mjs hands the rest over in ANGARIUM_RUNTIME.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import base from '../../vitest.config.ts'
import { languageOnly } from './language.mjs'

const { alone, together, pool } = JSON.parse(process.env.ANGARIUM_RUNTIME)

// A fresh worker for each file takes as long as all the tests; a pure package has no state that one could leave to the next.
const projects = [
  { extends: true, test: { name: 'together', include: together, isolate: false } },
  { extends: true, test: { name: 'alone', include: alone, isolate: true } },
]

export default {
  ...base,
  root: join(import.meta.dirname, '../..'),
  plugins: [languageOnly()],
  test: {
    exclude: base.test.exclude,
    testTimeout: base.test.testTimeout,
    setupFiles: [join(import.meta.dirname, 'setup.mjs')],
    pool,
    maxWorkers: availableParallelism(),
    projects: projects.filter(({ test }) => test.include.length > 0),
  },
}
