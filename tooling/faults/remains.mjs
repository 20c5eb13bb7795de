// A disk as a record of calls left it: what was synced is on it, the rest may be, in any part. After power loss.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** Calls that change what a process finds after it was killed. */
export const changes = ({ call, made, emptied }) =>
  ['write', 'truncate', 'rename', 'unlink', 'mkdir'].includes(call) || (call === 'open' && (made || emptied))

/**
 * Takes in calls one by one. Notes of the harness are not part of the disk.
 *
 * @param there directories that were there before, `root` and those above it among them
 */
export function createDisk(root, there = []) {
  // Names as the process sees them, and as they are on the disk.
  const now = new Map(there.map((path) => [path, { directory: path }]))
  const lasting = new Map(now)
  const descriptors = new Map()
  let sequence = 0
  // Names that are not yet on the disk, by their directory.
  const names = new Map()
  const directories = new Set()

  const pendingIn = (directory) => {
    if (!names.has(directory)) names.set(directory, [])
    return names.get(directory)
  }
  const link = (path, file) => {
    now.set(path, file)
    pendingIn(dirname(path)).push({ at: ++sequence, set: [[path, file]] })
  }
  const takes = {
    open({ fd, path, made, emptied }) {
      if (made) link(path, { octets: Buffer.alloc(0), pending: [] })
      const file = now.get(path)
      if (file !== undefined && emptied) file.pending.push({ at: ++sequence, truncate: 0 })
      descriptors.set(fd, file ?? { directory: path })
    },
    close: ({ fd }) => descriptors.delete(fd),
    write({ fd, offset, data }) {
      descriptors.get(fd)?.pending?.push({ at: ++sequence, offset, data })
    },
    truncate({ fd, offset }) {
      descriptors.get(fd)?.pending?.push({ at: ++sequence, truncate: offset })
    },
    sync({ fd, failed }) {
      const file = descriptors.get(fd)
      if (file?.directory !== undefined) {
        if (failed) return
        for (const { set } of names.get(file.directory) ?? []) for (const [path, one] of set) put(lasting, path, one)
        names.delete(file.directory)
      } else if (file !== undefined) {
        // After a failed sync the system takes what it could not write for written, and no later sync brings it.
        if (!failed) file.octets = applied(file.octets, file.pending)
        file.pending = []
      }
    },
    rename({ path, data, offset }) {
      const to = data.toString('utf8')
      const file = now.get(path)
      const isLink = offset === 1
      if (!isLink) now.delete(path)
      now.set(to, file)
      const gone = isLink ? [] : [[path, undefined]]
      // One step where both names are in one directory.
      if (dirname(path) === dirname(to)) pendingIn(dirname(to)).push({ at: ++sequence, set: [...gone, [to, file]] })
      else {
        pendingIn(dirname(to)).push({ at: ++sequence, set: [[to, file]] })
        if (!isLink) pendingIn(dirname(path)).push({ at: ++sequence, set: gone })
      }
    },
    unlink({ path }) {
      now.delete(path)
      pendingIn(dirname(path)).push({ at: ++sequence, set: [[path, undefined]] })
    },
    mkdir({ path }) {
      directories.add(path)
      link(path, { directory: path })
    },
  }
  return {
    take(call) {
      if (call.failed && call.call !== 'sync' && call.call !== 'close') return
      if (basename(call.path) !== 'said') takes[call.call](call)
      else if (call.call === 'open') descriptors.set(call.fd, undefined)
    },
    /** Things not synced, in the order they were done. */
    get unsynced() {
      const files = new Set([...now.values(), ...lasting.values()])
      const writes = [...files].flatMap((file) => file?.pending ?? [])
      return [...writes, ...[...names.values()].flat()].sort((a, b) => a.at - b.at)
    },
    /**
     * A disk that may remain.
     *
     * @param keep whether a thing not synced got there. For a write it may answer the pieces of it that did, as
     *   `{ offset, data }`.
     * @param grow what a file holds, by its name, where it grew but its octets did not get there: a number, or undefined
     *   if it did not grow either.
     */
    image(keep, grow = () => undefined) {
      const tree = new Map(lasting)
      for (const pending of [...names.values()].flat().sort((a, b) => a.at - b.at))
        if (keep(pending)) for (const [path, file] of pending.set) put(tree, path, file)
      const files = new Map()
      for (const [path, file] of tree) {
        if (!reached(tree, root, dirname(path))) continue
        if (file.directory !== undefined) {
          files.set(relative(root, path), undefined)
          continue
        }
        const kept = file.pending.flatMap((pending) => {
          const answer = keep(pending)
          return Array.isArray(answer) ? answer : answer ? [pending] : []
        })
        let octets = applied(file.octets, kept)
        const whole = file.pending.reduce(
          (size, { truncate, offset, data }) => truncate ?? Math.max(size, offset + data.length),
          file.octets.length,
        )
        const filler = octets.length < whole ? grow(path) : undefined
        if (filler !== undefined) octets = Buffer.concat([octets, Buffer.alloc(whole - octets.length, filler)])
        files.set(relative(root, path), octets)
      }
      return files
    },
  }
}

const put = (tree, path, file) => (file === undefined ? tree.delete(path) : tree.set(path, file))

/** Whether all directories on the way are there. */
function reached(tree, root, directory) {
  for (let at = directory; at !== root; at = dirname(at)) if (!tree.has(at)) return false
  return true
}

function applied(before, pending) {
  if (pending.length === 0) return before
  let most = before.length
  for (const { offset = 0, data } of pending) if (data !== undefined) most = Math.max(most, offset + data.length)
  const octets = Buffer.alloc(most)
  before.copy(octets)
  let size = before.length
  for (const { truncate, offset, data } of pending) {
    if (truncate === undefined) {
      data.copy(octets, offset)
      size = Math.max(size, offset + data.length)
    } else {
      if (truncate < size) octets.fill(0, truncate, size)
      size = truncate
    }
  }
  return octets.subarray(0, size)
}

/** In place of a file's octets: it is not there. */
export const absent = Symbol('absent')

/** Writes an image below a directory. */
export function saveImage(image, target) {
  mkdirSync(target, { recursive: true })
  const paths = [...image.keys()].sort()
  for (const path of paths) if (image.get(path) === undefined) mkdirSync(join(target, path), { recursive: true })
  for (const path of paths) {
    const octets = image.get(path)
    if (octets !== undefined && octets !== absent) writeFileSync(join(target, path), octets)
  }
}

/** How an image differs from a directory, notes apart. */
export function differences(image, directory) {
  const there = readdirSync(directory, { recursive: true }).filter((path) => path !== 'said')
  const found = [...image.keys()].filter((path) => !there.includes(path)).map((path) => `${path} is not there`)
  for (const path of there) {
    const octets = image.get(path)
    if (!image.has(path)) found.push(`${path} is there`)
    else if (octets !== undefined && !octets.equals(readFileSync(join(directory, path)))) found.push(`${path} differs`)
  }
  return found
}
