import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StationConfiguration } from './configuration/settings.ts'

/** Where the queue of a configuration is, or would be: its own, or that of the server whose queue it shares. */
export function queueFolder({ data, queue }: Pick<StationConfiguration, 'data' | 'queue'>): string {
  return join(queue.owner ?? data, 'queue')
}

/**
 * Makes a folder, mode 0700, and those above it that are missing. Node's own recursive way never comes back where a
 * file system says that the folder above is missing while it is there, as /proc does.
 *
 * @throws the system's error.
 */
export function ensureFolder(path: string): void {
  if (isFolder(path)) return
  if (dirname(path) !== path) ensureFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error
  }
  // What is acknowledged in there must not go with a name that power loss takes.
  const above = openSync(dirname(path), 'r')
  try {
    fsyncSync(above)
  } finally {
    closeSync(above)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
