import { relative } from 'node:path'
import { HostError } from '../error.ts'

/** What fits into `sockaddr_un` on every system we know; Linux takes three more. */
const maxOctets = 103

/**
 * The shorter way to a socket, for the system takes only about a hundred octets.
 *
 * @throws HostError HOST_ADMIN_SOCKET when both ways are too long.
 */
export function socketPath(path: string): string {
  const fitting = [path, relative('', path)].find((one) => Buffer.byteLength(one) <= maxOctets)
  if (fitting !== undefined) return fitting
  const because = `the path is longer than ${maxOctets} octets`
  throw new HostError('HOST_ADMIN_SOCKET', `no socket can be made at ${path}: ${because}`, { path, because })
}
