import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces the lines of a file by others, whole or not at all; owner and permissions stay. A file that is new is for its
 * owner alone. Of two who do this at a time, the second is told so.
 *
 * @throws the system's error; EEXIST for `<file>.new` while somebody else is at it, or has died over it.
 */
export function editLines(file: string, change: (lines: readonly string[]) => readonly string[]): void {
  const before = statSync(file, { throwIfNoEntry: false })
  // Where the name leads elsewhere, what it leads to is replaced.
  const target = before === undefined ? file : realpathSync(file)
  const unfinished = `${target}.new`
  const handle = openSync(unfinished, 'wx', 0o600)
  try {
    if (before !== undefined) keepRights(handle, before)
    const text = before === undefined ? '' : readFileSync(target, 'utf8').replace(/\n$/, '')
    const lines = text === '' ? [] : text.split('\n')
    writeFileSync(
      handle,
      change(lines)
        .map((line) => `${line}\n`)
        .join(''),
    )
    fsyncSync(handle)
    renameSync(unfinished, target)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
  const folder = openSync(dirname(target), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** The server may be another user than who edits. */
function keepRights(handle: number, { uid, gid, mode }: Stats): void {
  const now = fstatSync(handle)
  if (now.uid !== uid || now.gid !== gid) fchownSync(handle, uid, gid)
  fchmodSync(handle, mode & 0o777)
}
