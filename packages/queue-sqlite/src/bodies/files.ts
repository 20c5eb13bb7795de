import { constants, createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** A file being written. */
export interface BodyWriter {
  /** Appends; the octets are the caller's again when the promise settles. */
  write(octets: Uint8Array): Promise<void>
  /** Resolves when all that was written survives power loss. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** The one directory of contents too large for a row, as the store uses it: what a test replaces to see or break it. */
export interface BodyFiles {
  /** Makes the directory, durably, and those above it that are missing. */
  prepare(): Promise<void>
  /** Makes a file that must not exist. Rejects with nothing made. */
  create(name: string): Promise<BodyWriter>
  rename(from: string, to: string): Promise<void>
  /** Makes the names in the directory survive power loss. */
  syncDirectory(): Promise<void>
  /** An absent file is no error. */
  remove(name: string): Promise<void>
  list(): Promise<readonly string[]>
  /** Octets in a file, or `undefined` when there is none. */
  size(name: string): Promise<number | undefined>
  read(name: string): AsyncIterable<Uint8Array>
  /** Octets that may still be written to this disk. */
  free(): Promise<number>
  /** Puts the file, never changed again, under this path as well, which must be free. Without it a backup copies. */
  duplicate?(name: string, path: string): Promise<void>
  /** Lets go of what `prepare` keeps. */
  close?(): Promise<void>
}

/** The real thing. It keeps a descriptor of the directory, so that no lack of them fails a file that is written. */
export function nodeBodyFiles(directory: string): BodyFiles {
  const path = (name: string): string => join(directory, name)
  let names: FileHandle | undefined
  return {
    async prepare() {
      const first = await mkdir(directory, { recursive: true, mode: 0o700 })
      // A name lasts once the directory that holds it is synced.
      const top = dirname(resolve(first ?? directory))
      for (let at = resolve(directory); ; at = dirname(at)) {
        await syncPath(at)
        if (at === top || at === dirname(at)) break
      }
      names ??= await open(directory, 'r')
    },
    async create(name) {
      return writer(await open(path(name), 'wx', 0o600))
    },
    rename: (from, to) => rename(path(from), path(to)),
    syncDirectory: () => (names === undefined ? syncPath(directory) : names.sync()),
    remove: (name) => rm(path(name), { force: true }),
    list: () => readdir(directory),
    async size(name) {
      return (await stat(path(name)).catch(absent))?.size
    },
    read: (name) => createReadStream(path(name), { highWaterMark: 65_536 }),
    async free() {
      const { bavail, bsize } = await statfs(directory)
      return bavail * bsize
    },
    async duplicate(name, to) {
      try {
        await link(path(name), to)
      } catch (error) {
        // Another file system, or one without links.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
        await copyFile(path(name), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
        await syncPath(to)
      }
    },
    async close() {
      const handle = names
      names = undefined
      await handle?.close()
    },
  }
}

function writer(file: FileHandle): BodyWriter {
  return {
    async write(octets) {
      for (let at = 0; at < octets.length; ) at += (await file.write(octets, at)).bytesWritten
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}

/** Directories sync like files where the system lets us open them. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
