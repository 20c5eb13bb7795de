import { join } from 'node:path'
import { createZone, memoryResolver } from '@angarium/dns-client/testing'
import { createMemoryStore, type QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom, type ManualClock } from '@angarium/queue/testing'
import { checkPassword, createRecord, type Scheme, Secret, schemes } from '@angarium/sasl'
import type { Transport } from '@angarium/smtp-wire/drive'
import { createNetwork, type Network, playScript, type ScriptReport } from '@angarium/smtp-wire/testing'
import type { Station } from '@angarium/station'
import type * as z from 'zod'
import { createSubmission } from '../src/compose/submission.ts'
import { configSchema } from '../src/config/schema.ts'
import type { settings } from '../src/config/settings.ts'
import type { User } from '../src/login/users-file.ts'

export const certificates: string = join(import.meta.dirname, '../../../packages/smtp-node/vectors/certificates')
const tls = { certificate: join(certificates, 'valid.pem'), key: join(certificates, 'key.pem') }

const ours = '192.0.2.1'
const theirs = '192.0.2.2'

/** A submission server, and a server elsewhere that takes all mail for remote.test. */
export interface World {
  readonly clock: ManualClock
  readonly network: Network
  readonly station: Station
  readonly store: QueueStore
  readonly users: Map<string, User>
  readonly events: readonly { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[]
  /** A session, at port 587 unless another is asked for. */
  client(options?: { readonly from?: string; readonly port?: number }): Promise<Client>
  /** Plays the server elsewhere for one message; resolves with what it heard. */
  elsewhere(): Promise<ScriptReport>
}

/** Somebody at a terminal. */
export interface Client {
  readonly transport: Transport
  /** Sends a line; the whole reply. */
  say(line: string): Promise<string>
  /** EHLO, STARTTLS, and EHLO after it. */
  secure(): Promise<string>
}

export const quick: Scheme = { ...schemes.scramSha256, iterations: 16 }

/** A user with a password. */
export const user = (name: string, password: string, ...senders: string[]): User => ({
  name,
  records: [createRecord(new Secret(password), quick)],
  senders,
})

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

export async function createWorld(config: Partial<z.input<typeof settings>> = {}): Promise<World> {
  const clock = createManualClock(Date.UTC(2026, 10, 24))
  const network = createNetwork({ clock })
  const random = createSeededRandom(7)
  const store = createMemoryStore({ clock, random })
  const users = new Map([user('alice', 'correct horse'), user('bob', 'battery staple')].map((one) => [one.name, one]))
  const events: { event: string; fields: Record<string, unknown> }[] = []
  const tell = (event: string, fields: object): void => void events.push({ event, fields: { ...fields } })
  const certificate = { names: ['mail.local.test'], trusted: true }
  const station = createSubmission({
    config: configSchema('/').parse({
      hostname: 'mail.local.test',
      domains: ['local.test'],
      listeners: [
        { address: ours, port: 587 },
        { address: ours, port: 465, tls: 'implicit' },
      ],
      tls,
      ...config,
    }),
    users: { find: (name) => users.get(name) },
    passwords: {
      check: async (records, password) => (checkPassword(records, password, [quick]).accepted ? 'accepted' : 'refused'),
      close: async () => undefined,
    },
    decoySecret: new Secret('0123456789abcdef'),
    clock,
    random,
    log: { info: tell, warn: tell },
    store,
    resolver: memoryResolver(createZone({ 'remote.test': { A: [theirs] } })),
    dialer: network.dialer(ours),
    async listen({ address, port, implicitTls }, onConnection) {
      const secured = (transport: Transport) =>
        void transport.startTls({ role: 'server' }).then(() => onConnection(transport))
      const stop = network.listen(address, port, implicitTls ? secured : onConnection, { certificate })
      return { address, port, close: async () => stop() }
    },
    ownAddresses: [],
    offersTls: true,
  })
  await station.start()
  return {
    clock,
    network,
    station,
    store,
    users,
    events,
    async client({ from = '198.51.100.1', port = 587 } = {}) {
      const transport = await network.dialer(from).dial({ address: ours, port }, { timeout: 1_000 })
      if (port === 465) await transport.startTls({ role: 'client' })
      const hear = async (): Promise<string> => new TextDecoder().decode((await transport.read()) ?? new Uint8Array())
      await hear()
      const say = async (line: string): Promise<string> => {
        await transport.write(new TextEncoder().encode(`${line}\r\n`))
        return hear()
      }
      return {
        transport,
        say,
        async secure() {
          await say('EHLO client.test')
          await say('STARTTLS')
          await transport.startTls({ role: 'client' })
          return say('EHLO client.test')
        },
      }
    },
    elsewhere: () =>
      new Promise((resolve) => {
        network.listen(theirs, 25, (transport) => {
          void playScript(
            transport,
            `
            S: 220 mx.remote.test
            C: EHLO mail.local.test
            S: 250 mx.remote.test
            C: MAIL FROM:*
            S: 250 ok
            C: RCPT TO:*
            S: 250 ok
            C: DATA
            S: 354 go
            C: ...
            S: 250 taken
            C: QUIT
            S: 221 bye
          `,
          ).then(resolve)
        })
      }),
  }
}
