// What vitest is told on every runtime; run.mjs hands the rest over in ANGARIUM_RUNTIME.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import base from '../../vitest.config.ts'
import { languageOnly } from './language.mjs'

const { files, pool } = JSON.parse(process.env.ANGARIUM_RUNTIME)

export default {
  ...base,
  root: join(import.meta.dirname, '../..'),
  plugins: [languageOnly()],
  test: {
    ...base.test,
    include: files,
    setupFiles: [join(import.meta.dirname, 'setup.mjs')],
    pool,
    // A pure package has no state of its own that one file could leave to the next; a fresh worker for each doubles the time.
    isolate: false,
    maxWorkers: availableParallelism(),
  },
}
