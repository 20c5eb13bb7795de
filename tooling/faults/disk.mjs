// The harness's end of disk.c: builds it, gives it orders while a process runs, and reads what it recorded.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const source = join(import.meta.dirname, 'disk.c')

const kinds = {
  open: 1,
  write: 2,
  truncate: 4,
  sync: 8,
  rename: 16,
  unlink: 32,
  mkdir: 64,
  close: 128,
}
const names = new Map(Object.entries(kinds).map(([name, bit]) => [bit, name]))
/** All that changes what is on the disk. */
export const writing = ['open', 'write', 'truncate', 'sync', 'rename', 'unlink', 'mkdir', 'close']
const actions = { nothing: 0, kill: 1, tear: 2, fail: 3, delay: 4 }
const errors = { EIO: 5, ENOSPC: 28, EMFILE: 24 }

/** Why it cannot be had here, if so. */
export function missing() {
  if (process.platform !== 'linux') return 'calls of the C library are only watched on Linux'
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'gcc is not here'
}

/** The built library, made once for each version of its source. */
function library() {
  const text = readFileSync(source)
  const path = join(tmpdir(), `angarium-disk-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.so`)
  if (existsSync(path)) return path
  const making = `${path}.${process.pid}`
  const args = ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-o', making, source, '-ldl', '-pthread']
  const { status, stderr } = spawnSync('gcc', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`disk.c cannot be built: ${stderr}`)
  renameSync(making, path)
  return path
}

/**
 * Watches a process to be started with `env`.
 *
 * @param root the directory whose files are watched
 * @param files where its own files may lie, outside of `root`
 */
export function watch({ root, files, record = false }) {
  const orders = join(files, 'orders')
  const log = join(files, 'record')
  writeFileSync(orders, Buffer.alloc(136))
  const fd = openSync(orders, 'r+')
  const get = (at) => {
    const octets = Buffer.alloc(8)
    readSync(fd, octets, 0, 8, at)
    return Number(octets.readBigUInt64LE())
  }
  const put = (at, value) => {
    const octets = Buffer.alloc(8)
    octets.writeBigInt64LE(BigInt(value))
    writeSync(fd, octets, 0, 8, at)
  }
  return {
    log,
    env: {
      LD_PRELOAD: library(),
      FAULTS_ROOT: root,
      FAULTS_ORDERS: orders,
      ...(record && { FAULTS_RECORD: log }),
    },
    /**
     * From call number `at` of those that pass, counted from now, `times` calls are broken. Without `action` they are
     * only counted.
     */
    order({ calls = writing, name = '', at = 1, times = 1, action = 'nothing', error = 'EIO', delayMs = 0 }) {
      put(8, 0)
      const label = Buffer.alloc(64)
      label.write(name)
      writeSync(fd, label, 0, 64, 72)
      put(16, Math.min(times, Number.MAX_SAFE_INTEGER))
      put(
        24,
        calls.reduce((mask, call) => mask | kinds[call], 0),
      )
      put(32, actions[action])
      put(40, errors[error])
      put(48, Math.round(delayMs * 1000))
      put(64, 0)
      put(0, 0)
      if (action !== 'nothing') put(8, at)
    },
    /** Nothing is broken any more. */
    heal: () => put(8, 0),
    /** Moves the process's wall clock by so much against the true one. */
    moveClock: (ms) => put(56, BigInt(Math.round(ms)) * 1_000_000n),
    /** Calls that passed so far. */
    count: () => get(0),
    /** Calls that were broken since the last order. */
    hits: () => get(64),
    end: () => closeSync(fd),
  }
}

/** What a process did, in order: one object for each call. Of a failed call `failed` is set. */
export function readRecord(file) {
  const octets = readFileSync(file)
  const calls = []
  for (let at = 0; at < octets.length; ) {
    const pathLength = octets.readUInt32LE(at + 24)
    const length = octets.readUInt32LE(at + 28)
    const result = Number(octets.readBigInt64LE(at + 16))
    const from = at + 32
    const path = octets.toString('utf8', from, from + pathLength)
    const data = octets.subarray(from + pathLength, from + pathLength + length)
    calls.push({
      call: names.get(octets.readUInt32LE(at)),
      fd: octets.readInt32LE(at + 4),
      offset: Number(octets.readBigInt64LE(at + 8)),
      made: result === 1,
      emptied: result === 2,
      failed: result < 0,
      path,
      data,
      /** Where the record goes on: a length of the file at some time tells which calls had been done by then. */
      end: from + pathLength + length,
    })
    at = from + pathLength + length
  }
  return calls
}
