import { lstat, stat } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { QueueError } from '@angarium/queue'

/** What fits into `sockaddr_un` on every system we know; Linux takes three more. */
const maxOctets = 103

/** Permission to write, of the group and of others, and the bit by which each may take away only his own. */
const othersWrite = 0o022
const sticky = 0o1000

/**
 * The shorter way to a socket, for the system takes only about a hundred octets.
 *
 * @throws QueueError QUEUE_FORMAT when both ways are too long.
 */
export function shortPath(path: string): string {
  const fitting = [path, relative('', path)].find((one) => Buffer.byteLength(one) <= maxOctets)
  return fitting ?? refuse(path, `a path of ${Buffer.byteLength(path)} octets`, `at most ${maxOctets}`)
}

/**
 * Demands that no stranger can put a socket of his own in place of this one: the directory belongs to us or to root, and
 * others cannot write to it.
 *
 * @throws QueueError QUEUE_FORMAT
 */
export async function checkDirectory(path: string): Promise<void> {
  const { uid, mode } = await stat(dirname(path))
  const mine = process.getuid?.()
  if (mine === undefined) return
  if (uid !== mine && uid !== 0) refuse(dirname(path), `a directory of user ${uid}`, `one of user ${mine} or root`)
  if ((mode & othersWrite) !== 0 && (mode & sticky) === 0)
    refuse(dirname(path), 'a directory that others can write to', 'one that only its owner can write to')
}

/**
 * What is there now: nothing, or a socket.
 *
 * @throws QueueError QUEUE_FORMAT when it is something else, which is not ours to remove.
 */
export async function socketAt(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSocket() || refuse(path, 'a file that is no socket', 'a socket or nothing')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function refuse(where: string, found: string, expected: string): never {
  throw new QueueError('QUEUE_FORMAT', `${where}: found ${found}, expected ${expected}`, { where, found, expected })
}
