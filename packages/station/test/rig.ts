import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AdminServer, serveAdmin } from '@angarium/host'
import { type CommitOptions, createMemoryStore, type Entry, type QueueId, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom, type ManualClock } from '@angarium/queue/testing'
import { onTestFinished } from 'vitest'
import { runCommand } from '../src/command/program.ts'
import { fileSchema, type StationConfiguration, stationSettings, withPaths } from '../src/configuration.ts'
import { destinationOfAddress } from '../src/destination.ts'
import { type QueueDesk, queueProcedures } from '../src/queue/procedures.ts'
import { queueCommand } from '../src/queue.ts'
import type { StationStore } from '../src/store.ts'

/** What a command printed, and its exit code. */
interface Said {
  readonly code: number
  readonly out: readonly string[]
  readonly err: readonly string[]
}

/** A queue in memory, with the command that looks after it. */
export interface Rig {
  readonly clock: ManualClock
  readonly store: QueueStore
  /** What is logged of changes. */
  readonly log: Readonly<Record<string, unknown>>[]
  /** Puts a message in the queue, for addresses that name their destinations. */
  put(to: readonly string[], options?: CommitOptions & { readonly from?: string }): Promise<QueueId>
  entry(id: QueueId): Promise<Entry>
  /** Runs `queue` with these arguments. */
  queue(...args: readonly string[]): Promise<Said>
}

/** What a test gives of its own. */
export interface RigParts extends Pick<QueueDesk, 'station'> {
  readonly care?: Pick<StationStore, 'check' | 'backup'>
}

/** @param running whether a server has the queue open, and answers for it */
export async function createRig(running: boolean, { care = {}, ...desk }: RigParts = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'station-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'data/queue'), { recursive: true })
  const file = join(folder, 'station.yaml')
  writeFileSync(file, 'hostname: mx.here.test\nlisteners: [{ address: 127.0.0.1, port: 2525 }]\n')
  const clock = createManualClock(Date.UTC(2026, 10, 25, 12))
  const { check, ...others } = care
  // A closed queue is checked without its store.
  const beside = running ? care : others
  const store: StationStore = Object.assign(createMemoryStore({ clock, random: createSeededRandom(1) }), beside)
  await store.open()
  const log: Rig['log'] = []
  const note = (event: string, fields: object): void => void log.push({ event, ...fields })
  const told = { info: note, warn: note, error: note }
  let admin: AdminServer | undefined
  if (running) {
    const procedures = queueProcedures({ clock, log: told, ...desk, store })
    admin = await serveAdmin({ path: join(folder, 'data/admin.sock'), procedures, log: told })
  }
  onTestFinished(async () => admin?.close())
  const command = queueCommand<StationConfiguration>({
    name: 'station',
    file: {
      places: [],
      settings: stationSettings,
      schema: fileSchema(
        stationSettings,
        (value, absolute) => ({ ...value, ...withPaths(value, absolute) }),
        () => [],
      ),
    },
    drivers: {
      clock,
      createStore: () => store,
      checkQueue(_, how) {
        if (check === undefined) throw new Error('this queue cannot be checked')
        return check(how)
      },
    },
    destinationOf: () => (address) =>
      address.endsWith('@here.test') ? 'local:here.test' : destinationOfAddress(address),
  })
  const program = { name: 'station', version: '0', usage: '', commands: new Map([['queue', async () => command]]) }
  return {
    clock,
    store,
    log,
    async put(to, { from = 'ada@far.test', ...options } = {}) {
      const draft = store.draft()
      await draft.write(new TextEncoder().encode('Subject: hello\r\n\r\nHello.\r\n'))
      const recipients = to.map((address) => ({ address, parameters: [], destination: address.split('@')[1] ?? '' }))
      return (await draft.commit({ reversePath: from, parameters: [], recipients }, options)).id
    },
    async entry(id) {
      for await (const entry of store.scan({ ids: [id] })) if (entry.kind === 'message') return entry
      throw new Error(`no message ${id}`)
    },
    async queue(...args) {
      // Directly, the command opens the store itself.
      if (!running) await store.close()
      const out: string[] = []
      const err: string[] = []
      const console = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
      const code = await runCommand(program, ['queue', ...args, '--config', file], console)
      if (!running) await store.open()
      return { code, out, err }
    },
  }
}
