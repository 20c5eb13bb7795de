import { lstat, mkdir, open, opendir, rename, unlink } from 'node:fs/promises'

/** A file being written. */
export interface MaildirFile {
  /** Writes all of it; the buffer is the caller's again when the promise settles. */
  write(octets: Uint8Array): Promise<void>
  /** Resolves when what was written is on stable storage. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What a Maildir asks of a file system. Every call may reject with an error that has the system's `code`. */
export interface MaildirFiles {
  /** Makes one folder, mode 0700. Rejects with EEXIST when it is there, ENOENT when its parent is not. */
  makeFolder(path: string): Promise<void>
  /** Makes a file, mode 0600, for writing. Rejects with EEXIST when it is there, ENOENT when its folder is not. */
  create(path: string): Promise<MaildirFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Names in a folder, in no order. */
  list(path: string): AsyncIterable<string>
  /** When a file was last written, in milliseconds since 1970-01-01. */
  modifiedAt(path: string): Promise<number>
  /** Resolves when the names in a folder are on stable storage. */
  syncFolder(path: string): Promise<void>
}

/** The machine's own files. */
export const nodeFiles: MaildirFiles = {
  async makeFolder(path) {
    await mkdir(path, { mode: 0o700 })
  },
  async create(path) {
    const handle = await open(path, 'wx', 0o600)
    return {
      write: (octets) => handle.writeFile(octets),
      sync: () => handle.sync(),
      close: () => handle.close(),
    }
  },
  rename,
  unlink,
  async *list(path) {
    for await (const { name } of await opendir(path)) yield name
  },
  async modifiedAt(path) {
    return (await lstat(path)).mtimeMs
  },
  async syncFolder(path) {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}
