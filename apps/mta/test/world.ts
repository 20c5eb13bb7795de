import type { MxRecord } from '@angarium/dns-client'
import { createZone, memoryResolver, type Zone } from '@angarium/dns-client/testing'
import { eightBitMime, enhancedStatusCodes, pipelining, size } from '@angarium/esmtp-extensions'
import { createMemoryStore, type QueueStats, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom, type ManualClock } from '@angarium/queue/testing'
import { parseMailbox, type RecipientResult } from '@angarium/smtp-wire'
import { type ClientConnection, connect } from '@angarium/smtp-wire/drive'
import { createNetwork, type Network } from '@angarium/smtp-wire/testing'
import type { Station } from '@angarium/station'
import type * as z from 'zod'
import { createMta, type Parts } from '../src/compose/mta.ts'
import { configSchema } from '../src/config/schema.ts'
import type { settings } from '../src/config/settings.ts'
import { FaultyFiles } from './faulty-files.ts'

/** An internet in memory with one clock: hosts, their names, and whole MTAs among them. */
export interface World {
  readonly clock: ManualClock
  readonly network: Network
  readonly zone: Zone
  /** Starts an MTA at an address. */
  host(address: string, config: Partial<z.input<typeof settings>>, parts?: Partial<Parts>): Promise<Host>
  /** Opens a session as a client at an address. */
  client(from: string, to: string): Promise<ClientConnection>
  /** Sends one message; what came of each recipient. */
  send(from: string, to: string, mail: Mail): Promise<readonly RecipientResult[]>
}

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly content?: string
}

/** An MTA in a {@link World}. */
export interface Host {
  readonly mta: Station
  readonly store: QueueStore
  readonly files: FaultyFiles
  readonly events: readonly LoggedEvent[]
  /** What is in `new` of a mailbox. */
  mailbox(name: string): readonly string[]
  /** The queue's counts, which must add up. */
  ledger(): Promise<QueueStats>
}

interface LoggedEvent {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export const hour = 3_600_000

export function createWorld(): World {
  const clock = createManualClock()
  const network = createNetwork({ clock })
  const zone = createZone({})

  async function client(from: string, to: string): Promise<ClientConnection> {
    const transport = await network.dialer(from).dial({ address: to, port: 25 }, { timeout: 1_000 })
    const extensions = [size, eightBitMime, pipelining, enhancedStatusCodes]
    const opening = await connect(transport, { hostname: 'client.test', extensions, clock })
    if (opening.kind !== 'open') throw new Error(`no session: ${JSON.stringify(opening)}`)
    return opening.connection
  }

  return {
    clock,
    network,
    zone,
    client,
    async send(from, to, { from: sender, to: recipients, content = 'Subject: a test\r\n\r\nHello.\r\n' }) {
      const connection = await client(from, to)
      const report = await connection.send({
        reversePath: sender === '' ? { kind: 'null' } : mailbox(sender),
        recipients: recipients.map((address) => ({ forwardPath: mailbox(address) })),
        content: new TextEncoder().encode(content),
        body: '7bit',
      })
      await connection.quit()
      return report.recipients
    },
    async host(address, config, parts = {}) {
      const random = createSeededRandom(Number(address.replaceAll('.', '')))
      const files = new FaultyFiles()
      const store = createMemoryStore({ clock, random })
      const events: LoggedEvent[] = []
      const log = {
        info: (event: string, fields: object) => void events.push({ event, fields: { ...fields } }),
        warn: (event: string, fields: object) => void events.push({ event, fields: { ...fields } }),
      }
      const mta = createMta({
        config: configSchema('/').parse({ hostname: 'mx.local.test', listeners: [{ address, port: 25 }], ...config }),
        clock,
        random,
        log,
        store,
        resolver: memoryResolver(zone),
        dialer: network.dialer(address),
        async listen({ address, port }, onConnection) {
          const stop = network.listen(address, port, onConnection)
          return { address, port, close: async () => stop() }
        },
        files,
        addresses: [address],
        ownAddresses: [address],
        offersTls: false,
        ...parts,
      })
      await mta.start()
      return {
        mta,
        store,
        files,
        events,
        mailbox: (name) =>
          [...files.contents]
            .filter(([path]) => path.startsWith(`/mail/${name}/new/`))
            .map(([, octets]) => new TextDecoder().decode(Uint8Array.from(octets))),
        async ledger() {
          const stats = await store.stats()
          const { accepted, delivered, relayed, expanded, failed, expired, removed, queued, held } = stats
          if (accepted !== delivered + relayed + expanded + failed + expired + removed + queued + held)
            throw new Error(`the ledger does not add up: ${JSON.stringify(stats)}`)
          return stats
        },
      }
    },
  }
}

function mailbox(text: string) {
  const parsed = parseMailbox(text)
  if (parsed === undefined) throw new Error(`${text} is no mailbox`)
  return parsed
}

export const mx = (exchange: string, preference = 10): MxRecord => ({ preference, exchange })
