import { expect } from 'vitest'
import { formatPath } from '../src/address/path.ts'
import type {
  ClientConnection,
  Clock,
  ConnectOptions,
  Opening,
  Outgoing,
  ServeOptions,
  ServerHandler,
  TransactionReport,
  Transport,
} from '../src/drive.ts'
import { connect, serve } from '../src/drive.ts'
import { defineExtension } from '../src/extension/define.ts'
import type { AnyExtension, Extension } from '../src/extension/types.ts'
import { reply } from '../src/reply/reply.ts'
import type { TransactionOutcome } from '../src/server/events.ts'
import {
  createManualClock,
  createNetwork,
  type Faults,
  type ManualClock,
  type Network,
  playScript,
  type ScriptReport,
} from '../src/testing.ts'
import { pipelining, recipients, sender } from './client-fixture.ts'

/** One message a test server took. */
interface Taken {
  readonly from: string
  readonly to: readonly string[]
  readonly content: Buffer
}

/** A handler that takes everything, and what it saw. */
export interface TestHandler extends ServerHandler {
  readonly taken: readonly Taken[]
  /** MAIL answered 250, and how those transactions ended. */
  readonly begun: number
  readonly outcomes: readonly TransactionOutcome[]
  readonly closings: number
  readonly faults: readonly string[]
}

const ok = reply(250, '0.0', 'OK')

/** A handler that says yes, but for what `overrides` says. */
export function createHandler(overrides: Partial<ServerHandler> = {}): TestHandler {
  const taken: Taken[] = []
  const outcomes: TransactionOutcome[] = []
  const faults: string[] = []
  let parts: Uint8Array[] = []
  let begun = 0
  let closings = 0
  return {
    taken,
    outcomes,
    faults,
    get begun() {
      return begun
    },
    get closings() {
      return closings
    },
    greet: () => reply(220, undefined, 'mx.test'),
    hello: () => 'accept',
    mail: () => {
      begun += 1
      return ok
    },
    rcpt: () => ok,
    dataStart: () => 'go',
    body(octets) {
      parts.push(octets.slice())
    },
    dataEnd({ transaction }) {
      const { reversePath, recipients } = transaction
      taken.push({ from: formatPath(reversePath), to: recipients.map(formatPath), content: Buffer.concat(parts) })
      return ok
    },
    verb: () => reply(502, '5.1', 'No such verb'),
    lookup: () => reply(252, '1.5', 'Send some mail'),
    ended(outcome) {
      parts = []
      outcomes.push(outcome)
    },
    fault: ({ fault }) => void faults.push(fault),
    secured: () => undefined,
    closed() {
      closings += 1
    },
    ...overrides,
  }
}

/** Two hosts on a network. */
export interface Hosts {
  readonly clock: ManualClock
  readonly network: Network
  /** Dials the server. */
  dial(): Promise<Transport>
  /** Dials and says hello. */
  open(options?: Partial<ConnectOptions>): Promise<Opening>
  /** Settles when all sessions served so far are over. */
  served(): Promise<void>
}

/** A server at 192.0.2.25, and a client to dial it. */
export function createHosts(
  handler: ServerHandler,
  options: Partial<ServeOptions<readonly AnyExtension[]>> & { readonly faults?: Faults } = {},
): Hosts {
  const { faults = {}, ...serving } = options
  const sessions: Promise<void>[] = []
  return createPeer(
    (transport, clock) =>
      void sessions.push(
        serve(transport, { hostname: 'mx.test', extensions: [pipelining], handler, clock, ...serving }),
      ),
    faults,
    () => Promise.all(sessions).then(() => undefined),
  )
}

/** Whatever serves at 192.0.2.25, and a client to dial it. */
export function createPeer(
  onConnection: (transport: Transport, clock: Clock) => void,
  faults: Faults = {},
  served: () => Promise<void> = async () => undefined,
): Hosts {
  const clock = createManualClock()
  const network = createNetwork({ clock, faults })
  network.listen('192.0.2.25', 25, (transport) => onConnection(transport, clock), {
    certificate: { names: ['mx.test'], trusted: true },
  })
  const dial = (): Promise<Transport> =>
    network.dialer('192.0.2.1').dial({ address: '192.0.2.25', port: 25 }, { timeout: 30_000 })
  return {
    clock,
    network,
    dial,
    open: async (options = {}) =>
      connect(await dial(), { hostname: 'client.test', extensions: [pipelining], clock, ...options }),
    served,
  }
}

/** Parts of a client's script against {@link createHosts}. */
export const hello = 'S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 PIPELINING\n'
export const envelope = 'C: MAIL FROM:<a@client.test>\nS: 250 OK\nC: RCPT TO:<b@mx.test>\nS: 250 OK\n'
export const content = 'C: DATA\nS: 354 *\nC: Subject: t\nC:\nC: ..dot\nC: .\n'
export const quit = 'C: QUIT\nS: 221 *\n-- closed'

/** Plays a client against the server; the script has to come to its end. */
export async function played(hosts: Hosts, script: string): Promise<void> {
  const report = await playScript(await hosts.dial(), script, { role: 'client', clock: hosts.clock })
  expect(report).not.toHaveProperty('failure')
  await hosts.served()
}

/** As in RFC 3207. */
export const startTls: Extension = defineExtension({
  name: 'starttls',
  rfc: 3207,
  keyword: 'STARTTLS',
  ehlo: ({ tls }) => (tls === 'available' ? [] : undefined),
  verbs: {
    STARTTLS: {
      phases: ['ready', 'mail', 'rcpt'],
      barrier: true,
      run: () => ({ kind: 'start-tls', reply: reply(220, '0.0', 'Go') }),
    },
  },
})

/** Parts of a server's script. */
export const greeted = 'S: 220 mx.test\nC: EHLO *\nS: 250-mx.test\nS: 250 PIPELINING\n'
export const grouped = 'C: MAIL *\nC: RCPT *\nC: DATA\nS: 250 OK\nS: 250 OK\nS: 354 go\n'
/** What is sent where nothing else is. */
export const text = Buffer.from('Subject: t\r\n\r\ntext\r\n')

/** A server that follows a script; what came of it. */
export function scripted(script: string, faults = {}): Hosts & { readonly report: () => Promise<ScriptReport> } {
  const reports: Promise<ScriptReport>[] = []
  const hosts = createPeer((transport, clock) => void reports.push(playScript(transport, script, { clock })), faults)
  return { ...hosts, report: () => reports[0] ?? Promise.reject(new Error('nobody dialled')) }
}

export function opened(opening: Opening): ClientConnection {
  if (opening.kind !== 'open') throw new Error(`not open: ${JSON.stringify(opening)}`)
  return opening.connection
}

export const message = (rest: Partial<Outgoing> = {}): Outgoing => ({
  reversePath: sender,
  recipients: recipients(1),
  content: text,
  ...rest,
})

/** What became of the one recipient. */
export const result = (report: TransactionReport): string => {
  const [one] = report.recipients
  switch (one?.kind) {
    case 'accepted':
    case 'vetoed':
      return `${one.kind} ${one.reply.code}`
    case 'refused':
      return `refused ${one.reply.code} ${one.phase}`
    case 'lost':
      return `lost ${one.loss} ${one.phase}`
    default:
      return `unknown ${one?.loss}`
  }
}
