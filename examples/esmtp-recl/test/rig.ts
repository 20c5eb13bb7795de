import { dsn, enhancedStatusCodes, pipelining } from '@angarium/esmtp-extensions'
import { type Change, createMemoryStore, type Entry, type QueueId, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom, type ManualClock } from '@angarium/queue/testing'
import { createReception, createRelayPolicy } from '@angarium/reception'
import { type Mailbox, parseMailbox } from '@angarium/smtp-wire'
import { type ClientConnection, connect, serve } from '@angarium/smtp-wire/drive'
import { createNetwork } from '@angarium/smtp-wire/testing'
import contribute from '../src/mta.ts'

export const guid = 'G9Kw8iJ37Q1027msa4NbU'
export const messageId = '<one@sender.test>'

export const mailbox = (text: string): Mailbox => {
  const parsed = parseMailbox(text)
  if (parsed === undefined) throw new Error(`${text} is no mailbox`)
  return parsed
}

export interface Rig {
  readonly clock: ManualClock
  readonly store: QueueStore
  readonly client: ClientConnection
  /** A message from alice; the queue has it. */
  send(recipients: readonly string[], fields: readonly string[]): Promise<void>
  entries(): Promise<readonly Entry[]>
  content(id: QueueId): Promise<string>
  change(id: QueueId, change: Change): Promise<void>
  /** Leases all there is, as a delivery does. */
  leaseAll(): ReturnType<QueueStore['lease']>
}

/** A server with the module, in process: store and network in memory, a clock that stands still, nothing delivered. */
export async function createRig(wrap: (store: QueueStore) => QueueStore = (store) => store): Promise<Rig> {
  const clock = createManualClock()
  const store = wrap(createMemoryStore({ clock, random: createSeededRandom(1) }))
  const log = { info: () => undefined, warn: () => undefined }
  const hostname = 'mx.here.test'
  const contribution = await contribute({ hostname, store, clock, log, settings: { local: ['Here.test'] } })
  await store.open()
  const extensions = [pipelining, enhancedStatusCodes, dsn, ...contribution.extensions]
  const reception = createReception({
    hostname,
    extensions,
    store,
    clock,
    recipients: createRelayPolicy({
      hostname,
      localDomains: new Map([['here.test', { destination: 'local:here.test', hasMailbox: () => true }]]),
      postmaster: { address: 'postmaster@here.test', destination: 'local:here.test' },
      relayFor: () => true,
    }),
    stages: contribution.stages ?? [],
    verbs: contribution.verbs ?? {},
  })
  const network = createNetwork({ clock })
  network.listen('192.0.2.25', 25, (transport) => {
    void serve(transport, { hostname, extensions, handler: reception.session(transport), clock })
  })
  const transport = await network.dialer('192.0.2.1').dial({ address: '192.0.2.25', port: 25 }, { timeout: 1_000 })
  const opening = await connect(transport, { hostname: 'sender.test', extensions, clock })
  if (opening.kind !== 'open') throw new Error(opening.kind)
  const client = opening.connection
  return {
    clock,
    store,
    client,
    async send(recipients, fields) {
      const report = await client.send({
        reversePath: mailbox('alice@sender.test'),
        recipients: recipients.map((address) => ({ forwardPath: mailbox(address) })),
        content: new TextEncoder().encode(`${[...fields, 'Subject: Save the date'].join('\r\n')}\r\n\r\nCome.\r\n`),
      })
      for (const { kind } of report.recipients) if (kind !== 'accepted') throw new Error(kind)
    },
    async entries() {
      const all: Entry[] = []
      for await (const entry of store.scan()) if (entry.kind === 'message') all.push(entry)
      return all
    },
    async content(id) {
      const parts: Uint8Array[] = []
      for await (const part of store.read(id)) parts.push(part)
      return Buffer.concat(parts).toString('utf8')
    },
    async change(id, change) {
      for await (const _ of store.change({ ids: [id] }, change));
    },
    async leaseAll() {
      const { destinations } = await store.due(100)
      const leases = []
      for (const { destination } of destinations)
        leases.push(...(await store.lease({ destination, holder: 'test', duration: 60_000, limit: 100 })))
      return leases
    },
  }
}
