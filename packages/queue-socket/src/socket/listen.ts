import { once } from 'node:events'
import { chmod, unlink } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import type { Log } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { storeFailed } from '../wire/errors.ts'
import { checkDirectory, shortPath, socketAt } from './place.ts'

/**
 * Listens on a Unix socket that is readable and writable for its owner alone. A socket left behind by a dead owner is
 * replaced. Resolves with the way to stop, which leaves open connections alone.
 *
 * @throws QueueError QUEUE_LOCKED when an owner answers there, QUEUE_FORMAT when the place is not fit for a socket,
 * QUEUE_STORE_FAILED when none can be made.
 */
export async function listen(path: string, log: Log, onSocket: (socket: Socket) => void): Promise<() => void> {
  const place = shortPath(path)
  const server = createServer(onSocket)
  try {
    await checkDirectory(place)
    if (await socketAt(place)) {
      if (await answers(place))
        throw new QueueError('QUEUE_LOCKED', `${path} is in use by another process`, { where: path })
      await unlink(place)
    }
    await bind(server, place)
  } catch (error) {
    if (error instanceof Error && error.name === 'QueueError') throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new QueueError('QUEUE_LOCKED', `${path} is in use by another process`, { where: path })
    throw storeFailed('open', `no socket can be made at ${path}: ${message}`)
  }
  // Too many open files, for one: the next may find some.
  server.on('error', (error) => log.warn('queue-accept-failed', { path, error }))
  return () => void server.close()
}

/** Connects. Rejects with what the system says. */
export async function dial(path: string): Promise<Socket> {
  const place = shortPath(path)
  await checkDirectory(place)
  const socket = connect(place)
  await once(socket, 'connect')
  return socket
}

async function bind(server: Server, place: string): Promise<void> {
  const listening = once(server, 'listening')
  // The file is made within the call: at no time has it other permissions. A thread cannot change the mask.
  const before = isMainThread ? process.umask(0o177) : undefined
  try {
    server.listen(place)
  } finally {
    if (before !== undefined) process.umask(before)
  }
  await listening
  if (before === undefined) await chmod(place, 0o600)
}

/** Whether a socket has an owner: only when the system says that there is none, there is none. */
function answers(place: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(place)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}
