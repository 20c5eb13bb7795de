import { eightBitMime, enhancedStatusCodes, pipelining, size, startTls } from '@angarium/esmtp-extensions'
import { createMemoryStore, type Entry, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom, type ManualClock } from '@angarium/queue/testing'
import type { AnyExtension, ServerSessionOptions } from '@angarium/smtp-wire'
import { serve, type Transport } from '@angarium/smtp-wire/drive'
import { createNetwork, type LinkOptions } from '@angarium/smtp-wire/testing'
import {
  createReception,
  createRelayPolicy,
  type LocalDomain,
  type Reception,
  type ReceptionOptions,
  type RecipientPolicy,
} from '../src/index.ts'

export const here = '192.0.2.1'
export const stranger = '198.51.100.9'
export const friend = '203.0.113.5'

const local = (domain: string, mailboxes?: readonly string[]): [string, LocalDomain] => [
  domain,
  {
    destination: `local:${domain}`,
    hasMailbox: (localPart) => mailboxes === undefined || mailboxes.includes(localPart),
  },
]

/** The policy that vectors/relay.json is about. */
export const policy: RecipientPolicy = createRelayPolicy({
  hostname: 'mx.local.test',
  addresses: ['2001:DB8:0::25', '192.0.2.2'],
  localDomains: new Map([local('local.test', ['alice', 'bob']), local('any.test')]),
  postmaster: { address: 'bob@local.test', destination: 'local:local.test' },
  relayFor: ({ peer }) => peer.address === friend,
  route: (domain) => (domain === 'routed.test' ? 'smarthost' : domain),
})

export const extensions = [size, eightBitMime, pipelining, enhancedStatusCodes, startTls] as const

interface LogLine {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface RigOptions
  extends Partial<Omit<ReceptionOptions<readonly AnyExtension[]>, 'hostname' | 'clock' | 'log'>> {
  readonly protocol?: 'smtp' | 'lmtp'
  readonly session?: Partial<ServerSessionOptions<readonly AnyExtension[]>>
}

export interface Rig {
  readonly clock: ManualClock
  readonly store: QueueStore
  readonly reception: Reception<readonly AnyExtension[]>
  readonly log: LogLine[]
  /** Connects; the greeting is not read yet. */
  connect(from?: string, link?: LinkOptions): Promise<Client>
  /** Connects, and says hello. */
  open(from?: string, link?: LinkOptions): Promise<Client>
  entries(): Promise<readonly Entry[]>
  content(id: string): Promise<string>
}

/** A server of reception's, in process: memory store, memory network, a clock that stands still. */
export async function createRig(options: RigOptions = {}): Promise<Rig> {
  const { protocol = 'smtp', session = {}, ...rest } = options
  const clock = createManualClock(Date.UTC(2026, 10, 24, 12, 30, 5))
  const store = options.store ?? createMemoryStore({ clock, random: createSeededRandom(3) })
  await store.open()
  const log: LogLine[] = []
  const note = (event: string, fields: LogLine['fields']): void => void log.push({ event, fields })
  const reception = createReception<readonly AnyExtension[]>({
    hostname: 'mx.local.test',
    extensions,
    clock,
    recipients: policy,
    ...rest,
    store,
    log: { info: note, warn: note },
  })
  const network = createNetwork({ clock })
  const served: Promise<void>[] = []
  network.listen(
    here,
    25,
    (transport) => {
      const handler = reception.session(transport, protocol)
      const { hostname, extensions } = reception
      served.push(serve(transport, { tls: 'available', ...session, hostname, extensions, protocol, handler, clock }))
    },
    { certificate: { names: ['mx.local.test'], trusted: true } },
  )
  const connect = async (from = stranger, link?: LinkOptions): Promise<Client> => {
    network.disturb(here, link)
    return new Client(await network.dialer(from).dial({ address: here, port: 25 }, { timeout: 1_000 }))
  }
  return {
    clock,
    store,
    reception,
    log,
    connect,
    async open(from, link) {
      const client = await connect(from, link)
      await client.replies()
      await client.say(`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} client.test`)
      return client
    },
    async entries() {
      const entries: Entry[] = []
      for await (const entry of store.scan()) if (entry.kind === 'message') entries.push(entry)
      return entries
    },
    async content(id) {
      const chunks: Uint8Array[] = []
      for await (const chunk of store.read(id as never)) chunks.push(chunk.slice())
      return Buffer.concat(chunks).toString('utf8')
    },
  }
}

/** A client that types what it is told. */
export class Client {
  readonly transport: Transport
  #heard = ''

  constructor(transport: Transport) {
    this.transport = transport
  }

  async write(octets: string | Uint8Array): Promise<void> {
    await this.transport.write(typeof octets === 'string' ? Buffer.from(octets) : octets)
  }

  /** So many whole replies, each without its last CRLF; fewer when the server closes. */
  async replies(count = 1): Promise<string[]> {
    const found: string[] = []
    while (found.length < count) {
      const end = /^\d{3}(?: .*)?\r\n/m.exec(this.#heard)
      if (end === null) {
        const octets = await this.transport.read()
        if (octets === undefined) return found
        this.#heard += Buffer.from(octets).toString('utf8')
        continue
      }
      const length = end.index + end[0].length
      found.push(this.#heard.slice(0, length - 2))
      this.#heard = this.#heard.slice(length)
    }
    return found
  }

  /** One command, one reply; empty when the server closed instead. */
  async say(line: string): Promise<string> {
    await this.write(`${line}\r\n`)
    return (await this.replies())[0] ?? ''
  }

  /** A transaction up to its end of data; the last reply. `content` is as on the wire, its final dot not included. */
  async send(
    content: string,
    rcpt: readonly string[] = ['<alice@local.test>'],
    mail = '<s@sender.test>',
  ): Promise<string> {
    await this.say(`MAIL FROM:${mail}`)
    for (const one of rcpt) await this.say(`RCPT TO:${one}`)
    const go = await this.say('DATA')
    if (!go.startsWith('354')) return go
    await this.write(`${content}.\r\n`)
    return (await this.replies())[0] ?? ''
  }
}
