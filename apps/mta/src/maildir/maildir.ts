import { dirname, join } from 'node:path'
import type { MailboxDelivery, MailboxItem, MailboxOutcome } from '@angarium/delivery'
import type { Clock, Random } from '@angarium/queue'
import type { MaildirFile, MaildirFiles } from './files.ts'
import { unixLines } from './unix-lines.ts'

/** Parts a Maildir delivery is made of. */
export interface MaildirOptions {
  readonly files: MaildirFiles
  readonly clock: Clock
  readonly random: Random
  /** Goes into file names. */
  readonly hostname: string
  /** The Maildir of an address; `undefined`: there is no such mailbox. */
  folder(address: string): string | undefined
  /** Told the file of each message delivered. */
  delivered?(path: string, item: MailboxItem): void
}

/**
 * Delivers into Maildirs: written to `tmp`, synced, renamed into `new`, the folder synced. Folders that are missing are
 * made. Until the rename nothing is visible; what fails leaves nothing behind. What a process that died left in `tmp` is
 * removed with the first delivery to a Maildir.
 */
export function createMaildir(options: MaildirOptions): MailboxDelivery {
  const { files, clock, random, hostname, folder: folderOf, delivered } = options
  const build = createBuilder(files)
  const sweep = createSweeper(files, clock)
  const host = hostname.replaceAll('/', '\\057').replaceAll(':', '\\072')

  return {
    async deliver(item): Promise<MailboxOutcome> {
      const folder = folderOf(item.address)
      if (folder === undefined) return { kind: 'failed', status: '5.1.1', because: 'there is no such mailbox' }
      await sweep(join(folder, 'tmp'))
      const token = Buffer.from(random.bytes(6)).toString('hex')
      // Seconds first: readers sort by name. The id finds the message in our log.
      const name = `${Math.floor(clock.now() / 1000)}.${item.id}_${token}.${host}`
      try {
        const path = join(folder, 'new', name)
        const unfinished = join(folder, 'tmp', name)
        const file = await files.create(unfinished).catch(async (error: unknown) => {
          if (codeOf(error) !== 'ENOENT') throw error
          await build(folder)
          return files.create(unfinished)
        })
        await store(files, file, unfinished, path, item.content)
        delivered?.(path, item)
        return { kind: 'delivered' }
      } catch (error) {
        return deferral(error)
      }
    },
  }
}

async function store(
  files: MaildirFiles,
  file: MaildirFile,
  unfinished: string,
  finished: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  let there = unfinished
  try {
    await fill(file, content)
    await files.rename(unfinished, finished)
    there = finished
    await files.syncFolder(dirname(finished))
  } catch (error) {
    // A name that may not last is no delivery: the message comes again, so that this copy would be one too many.
    await files.unlink(there).catch(() => undefined)
    throw error
  }
}

/** Nobody writes one message for so long: readers of Maildirs agree on 36 hours. */
const abandonedMs = 36 * 3_600_000

/** Names looked at in one folder, so that a delivery does not wait for more. */
const maxSwept = 1_000

/** Folders remembered; who comes after is looked at once more. */
const maxRemembered = 10_000

/** Removes files that nobody will finish, from a folder not swept before. What fails is left as it is. */
function createSweeper(files: MaildirFiles, clock: Clock): (folder: string) => Promise<void> {
  const swept = new Set<string>()
  return async (folder) => {
    if (swept.has(folder)) return
    if (swept.size >= maxRemembered) swept.clear()
    swept.add(folder)
    const latest = clock.now() - abandonedMs
    let seen = 0
    try {
      for await (const name of files.list(folder)) {
        await removeOlder(files, join(folder, name), latest).catch(() => undefined)
        if (++seen >= maxSwept) break
      }
    } catch {
      // The folder may not be there yet; the delivery itself tells what is wrong with it.
    }
  }
}

async function removeOlder(files: MaildirFiles, path: string, latest: number): Promise<void> {
  if ((await files.modifiedAt(path)) < latest) await files.unlink(path)
}

/** Makes the missing folders of a Maildir; at a time for one, so that nobody builds on a name that may not last. */
function createBuilder(files: MaildirFiles): (folder: string) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return (folder) => {
    const built = last.then(async () => {
      // `tmp` comes last: who can make a file there finds the others safe.
      for (const part of ['new', 'cur']) await makeFolder(files, join(folder, part))
      await files.syncFolder(folder)
      await makeFolder(files, join(folder, 'tmp'))
    })
    last = built.catch(() => undefined)
    return built
  }
}

/** Makes a folder and the missing ones above it; each name is on stable storage before the next is made. */
async function makeFolder(files: MaildirFiles, path: string): Promise<void> {
  const missing: string[] = []
  for (let at = path; !(await made(files, at)); at = dirname(at)) {
    missing.push(at)
    if (dirname(at) === at) break
  }
  for (const at of missing.reverse()) await made(files, at)
}

/** False when the folder above it is missing. */
async function made(files: MaildirFiles, path: string): Promise<boolean> {
  try {
    await files.makeFolder(path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return true
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  await files.syncFolder(dirname(path))
  return true
}

async function fill(file: MaildirFile, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const octets of unixLines(content)) await file.write(octets)
    await file.sync()
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
  await file.close()
}

/** What the sender may be told, which names no path. What is not the file system's own fault is thrown on. */
function deferral(error: unknown): MailboxOutcome {
  const code = codeOf(error)
  if (code === 'EDQUOT') return { kind: 'deferred', status: '4.2.2', because: 'the mailbox is full' }
  if (code === 'ENOSPC') return { kind: 'deferred', status: '4.3.1', because: 'the disk is full' }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return { kind: 'deferred', status: '4.3.5', because: `the mailbox cannot be written (${code})` }
  if (code !== undefined && /^E[A-Z0-9]+$/.test(code))
    return { kind: 'deferred', status: '4.3.0', because: `the mailbox cannot be written (${code})` }
  throw error
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : undefined
}
