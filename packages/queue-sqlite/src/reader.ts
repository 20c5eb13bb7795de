import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { audit, filedContents } from './database/audit.ts'
import { openReader } from './database/open.ts'
import type { AuditPage, Errand } from './thread/protocol.ts'

const port = parentPort
if (port === null) throw new Error('this file is a thread of a store and does nothing by itself')

const { path, to } = workerData as Errand
const pages = to === undefined ? checked(path) : copied(path, to)
// A page each time one is asked for; the thread ends by itself when told to.
port.on('message', (message: 'next' | 'stop') => {
  if (message === 'next') port.postMessage(pages.next().value ?? 'done')
  else {
    pages.return(undefined)
    port.close()
  }
})

function* checked(path: string): Generator<AuditPage, undefined> {
  const db = openReader(path)
  try {
    db.exec('PRAGMA query_only = ON')
    yield* audit(db)
  } finally {
    db.close()
  }
}

/** One state of the database, whole and without what was deleted, in a file of its own; then what it speaks of. */
function* copied(path: string, to: string): Generator<AuditPage, undefined> {
  const db = openReader(path)
  try {
    db.prepare('VACUUM INTO ?').run(to)
  } finally {
    db.close()
  }
  const copy = new DatabaseSync(to, { readOnly: true })
  try {
    yield { faults: [], filed: [] }
    yield* filedContents(copy)
  } finally {
    copy.close()
  }
}
