import {
  closeSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
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
  const unfinished = `${file}.new`
  const before = statSync(file, { throwIfNoEntry: false })
  const handle = openSync(unfinished, 'wx', before === undefined ? 0o600 : before.mode & 0o777)
  try {
    const text = before === undefined ? '' : readFileSync(file, 'utf8').replace(/\n$/, '')
    const lines = text === '' ? [] : text.split('\n')
    writeFileSync(
      handle,
      change(lines)
        .map((line) => `${line}\n`)
        .join(''),
    )
    if (before !== undefined && before.uid !== process.geteuid?.()) fchownSync(handle, before.uid, before.gid)
    fsyncSync(handle)
    renameSync(unfinished, file)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
