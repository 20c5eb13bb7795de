import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Instant } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { databaseName } from './backup.ts'
import { nodeBodyFiles } from './bodies/files.ts'
import { diskFailed, Vault } from './bodies/vault.ts'
import type { Finding } from './check.ts'
import { runCheck } from './check.ts'
import { busy, lockQueue, notADatabase, openReader, sqliteCode, WrongFormat } from './database/open.ts'
import type { SqliteStoreOptions } from './options.ts'
import type { Link } from './thread/link.ts'

interface OpenQueue {
  readonly path: string
  readonly link: Link
  readonly vault: Vault
  readonly now: Instant
  readonly repair: boolean
  /** No mail waits meanwhile. */
  readonly alone: boolean
}

/** Checks a queue that is open, beside the mail that flows. */
export async function* checkOpen({ path, link, vault, now, repair, alone }: OpenQueue): AsyncGenerator<Finding> {
  const release = await vault.hold()
  try {
    yield* runCheck({
      path,
      vault,
      mend: async (mended) => {
        // To make indexes anew takes as long as it takes: not while mail waits.
        if (!repair || (mended.kind === 'indexes' && !alone)) return false
        await link.ask('mend', { repair: mended, now })
        return true
      },
      lose: async (names) => {
        if (repair) await vault.lose(names, now)
        return repair
      },
      strangers: async (ids) => {
        const found = await strangers(
          link,
          ids.filter((id) => !vault.isBusy(id)),
        )
        // Or it has gone since.
        return found.filter((id) => !vault.isBusy(id))
      },
    })
  } finally {
    release()
  }
}

/** Checks a queue that is closed, and changes nothing. */
export async function* checkClosed({ directory, files, random }: SqliteStoreOptions): AsyncGenerator<Finding> {
  const path = join(directory, databaseName)
  const lock = takeQueue(path)
  try {
    yield* runCheck({
      path,
      vault: new Vault(files ?? nodeBodyFiles(join(directory, 'bodies')), random),
      mend: async () => false,
      lose: async () => false,
      strangers: async (ids) => ids,
    })
  } finally {
    lock.close()
  }
}

/** Locks a queue as its store would, and sees that it is one of this version. */
function takeQueue(path: string): { close(): void } {
  const wrong = (found: string, expected: string): QueueError =>
    new QueueError('QUEUE_FORMAT', `${path}: expected ${expected}, found ${found}`, { where: path, found, expected })
  // SQLite would make one.
  if (!existsSync(path)) throw wrong('nothing', 'a queue')
  let lock: { close(): void } | undefined
  try {
    lock = lockQueue(path)
    openReader(path).close()
    return lock
  } catch (error) {
    lock?.close()
    const code = sqliteCode(error)
    if (code === busy)
      throw new QueueError('QUEUE_LOCKED', `${path} is in use by another process`, { where: path }, { cause: error })
    if (error instanceof WrongFormat) throw wrong(error.found, error.expected)
    throw code === notADatabase ? wrong('no database', 'a queue') : diskFailed('check', error)
  }
}

/** Those of these ids that no filed message has; asked for a few at a time. */
export async function strangers(link: Link, ids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (let at = 0; at < ids.length; at += 500)
    found.push(...(await link.ask('strangers', { ids: ids.slice(at, at + 500) })).answer)
  return found
}
