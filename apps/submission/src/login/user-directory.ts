import { statSync } from 'node:fs'
import type { Log } from '@angarium/queue'
import { loadUsers, type User } from './users-file.ts'

/** Who may log in. */
export interface UserDirectory {
  find(name: string): User | undefined
}

/**
 * The users of a file, as it is at the moment: a change is seen at the next log-in. While the file cannot be used, those
 * it had before stay.
 */
export function createUserDirectory(file: string, log: Log): UserDirectory {
  let users: ReadonlyMap<string, User> = new Map()
  let seen: string | undefined
  return {
    find(name) {
      const version = versionOf(file)
      if (version !== seen) {
        seen = version
        const loaded = loadUsers(file)
        if (loaded.kind === 'loaded') users = loaded.users
        else log.warn('users-unusable', { because: loaded.because })
      }
      return users.get(name)
    },
  }
}

/** Differs whenever the content may: a file that is replaced is another. */
function versionOf(file: string): string {
  const { ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {}
  return `${ino} ${size} ${mtimeMs}`
}
