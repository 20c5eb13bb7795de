import { createZone, memoryResolver, type Zone } from '@angarium/dns-client/testing'
import {
  type CommitOptions,
  createMemoryStore,
  createSchedule,
  createScheduler,
  type Entry,
  type EnvelopeParameter,
  type Log,
  type QueueStore,
  type RetryPolicy,
  type Scheduler,
  type SchedulerLimits,
  type Settlement,
} from '@angarium/queue'
import { createManualClock, createSeededRandom, type ManualClock, settled } from '@angarium/queue/testing'
import { encodeUtf8 } from '@angarium/smtp-wire'
import { createNetwork, type Network, playScript, type ScriptReport } from '@angarium/smtp-wire/testing'
import {
  createDelivery,
  type Delivery,
  type DeliveryOptions,
  judgeDelivery,
  localPrefix,
  type MailboxItem,
} from '../src/index.ts'

/** One line of the log. */
interface Noted {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A peer that plays one script for each connection, and what came of them. */
interface Peer {
  readonly reports: Promise<ScriptReport>[]
  /** Connections so far. */
  readonly count: number
  /** All reports so far, once their scripts are over; fails when one did not go as written. */
  done(): Promise<readonly ScriptReport[]>
}

/** What is sent in a test. */
interface Mail {
  readonly from?: string
  readonly to: readonly (string | { readonly address: string; readonly parameters: readonly EnvelopeParameter[] })[]
  readonly parameters?: readonly EnvelopeParameter[]
  readonly content?: string
  readonly options?: CommitOptions
}

/** A queue, a scheduler and a delivery in an internet in memory. */
export interface Rig {
  readonly clock: ManualClock
  readonly network: Network
  readonly zone: Zone
  readonly store: QueueStore
  readonly scheduler: Scheduler
  readonly delivery: Delivery
  readonly log: Noted[]
  /** What `deliver` and `withoutAttempt` answered, in order. */
  readonly settlements: Settlement[]
  /** What came into mailboxes here. */
  readonly mail: { readonly item: Omit<MailboxItem, 'content'>; readonly text: string }[]
  /** A peer on port 25 of an address, its scripts in order; the last one is repeated. */
  peer(address: string, ...scripts: readonly string[]): Peer
  /** Queues one message. */
  put(mail: Mail): Promise<void>
  /** Log lines with one of these events. */
  lines(...events: readonly string[]): readonly Noted['fields'][]
  entries(): Promise<readonly Entry[]>
}

export interface RigOptions extends Partial<DeliveryOptions> {
  readonly retry?: Partial<RetryPolicy>
  readonly retryOf?: (destination: string) => Partial<RetryPolicy> | undefined
  readonly scheduling?: Partial<SchedulerLimits>
}

/** Everything after `local:` and `here.example` is delivered here; all else by MX. */
function destinationOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  return domain === 'here.example' ? `${localPrefix}${domain}` : domain
}

export async function rig({ retry, retryOf, scheduling, ...options }: RigOptions = {}): Promise<Rig> {
  const clock = createManualClock()
  const random = createSeededRandom(11)
  const network = createNetwork({ clock })
  const zone = createZone()
  const store = createMemoryStore({ clock, random })
  await store.open()
  const log: Noted[] = []
  const note = (event: string, fields: Noted['fields']): void => void log.push({ event, fields })
  const noting: Log = { info: note, warn: note }
  const schedule = createSchedule({ random, policy: { jitter: 0, ...retry }, ...(retryOf && { policyOf: retryOf }) })
  const mail: { item: Omit<MailboxItem, 'content'>; text: string }[] = []
  const delivery = createDelivery({
    hostname: 'us.example',
    identity: { addresses: ['192.0.2.99'] },
    resolver: memoryResolver(zone),
    dialer: network.dialer('192.0.2.99'),
    clock,
    random,
    schedule,
    store,
    destinationOf,
    log: noting,
    mailboxes: {
      async deliver({ content, ...item }) {
        let text = ''
        for await (const chunk of content) text += Buffer.from(chunk).toString('utf8')
        mail.push({ item, text })
        return { kind: 'delivered' }
      },
    },
    ...options,
  })
  const settlements: Settlement[] = []
  const kept = async (settling: Promise<Settlement>): Promise<Settlement> => {
    const settlement = await settling
    settlements.push(settlement)
    return settlement
  }
  const scheduler = createScheduler({
    store,
    clock,
    random,
    schedule,
    holder: 'test',
    log: noting,
    deliver: (lease, signal, passage) => kept(delivery.deliver(lease, signal, passage)),
    withoutAttempt: (lease, why) => kept(delivery.withoutAttempt(lease, why)),
    judge: judgeDelivery,
    limits: scheduling ?? {},
  })
  return {
    clock,
    network,
    zone,
    store,
    scheduler,
    delivery,
    log,
    settlements,
    mail,
    peer(address, ...scripts) {
      const reports: Promise<ScriptReport>[] = []
      network.listen(
        address,
        25,
        (transport) => {
          const script = scripts[Math.min(reports.length, scripts.length - 1)] ?? ''
          reports.push(playScript(transport, script, { clock }))
        },
        { certificate: { names: ['mx.test'], trusted: true } },
      )
      return {
        reports,
        get count() {
          return reports.length
        },
        async done() {
          const all = await Promise.all(reports)
          for (const { failure } of all) if (failure !== undefined) throw new Error(`${address}: ${failure}`)
          return all
        },
      }
    },
    async put({ from = 'ada@sender.example', to, parameters = [], content = hello, options = {} }) {
      const draft = store.draft()
      await draft.write(encodeUtf8(content))
      const recipients = to.map((one) => {
        const { address, parameters } = typeof one === 'string' ? { address: one, parameters: [] } : one
        return { address, parameters, destination: destinationOf(address) }
      })
      await draft.commit({ reversePath: from, parameters, recipients }, options)
      await settled()
    },
    lines: (...events) => log.filter(({ event }) => events.includes(event)).map(({ fields }) => fields),
    async entries() {
      const all: Entry[] = []
      for await (const entry of store.scan()) if (entry.kind === 'message') all.push(entry)
      return all
    },
  }
}

const hello = 'Subject: hello\r\n\r\nHello.\r\n'

/** Lets work be done that waits for nothing but other work. */
export async function run({ scheduler }: Rig): Promise<void> {
  if (scheduler.snapshot().state === 'idle') scheduler.start()
  await settled(2_000)
}

/** Gives a domain its mail hosts, best first. */
export function hosts(zone: Zone, domain: string, ...addresses: readonly string[]): void {
  const name = (at: number): string => `mx${at + 1}.${domain}`
  zone.set(domain, { MX: addresses.map((_, at) => ({ preference: 10 * (at + 1), exchange: name(at) })) })
  for (const [at, address] of addresses.entries()) zone.set(name(at), { A: [address] })
}

/** What a server says in one session. */
export interface Lines {
  readonly greeting?: string
  /** Behind the name: keywords. */
  readonly offers?: readonly string[]
  /** Transactions of one session; each one's replies to RCPT, and to the final dot. */
  readonly transactions?: readonly { readonly rcpt?: readonly string[]; readonly end?: string }[]
  readonly quit?: boolean
}

/** Script of a server that takes part without pipelining. */
export function session({
  greeting = '220 mx.test',
  offers = [],
  transactions = [{}],
  quit = true,
}: Lines = {}): string {
  const lines = [`S: ${greeting}`, 'C: EHLO us.example']
  const hello = ['mx.test', ...offers]
  for (const [at, word] of hello.entries()) lines.push(`S: 250${at === hello.length - 1 ? ' ' : '-'}${word}`)
  for (const [at, { rcpt = ['250 ok'], end = '250 taken' }] of transactions.entries()) {
    lines.push('C: MAIL FROM:<*>*', 'S: 250 ok')
    for (const reply of rcpt) lines.push('C: RCPT TO:<*>*', `S: ${reply}`)
    if (rcpt.some((reply) => reply.startsWith('2'))) lines.push('C: DATA', 'S: 354 go', 'C: ...', `S: ${end}`)
    else if (at < transactions.length - 1) lines.push('C: RSET', 'S: 250 ok')
  }
  if (quit) lines.push('C: QUIT', 'S: 221 bye')
  return lines.join('\n')
}

/** The recipients a script heard. */
export function heard({ lines }: ScriptReport): readonly string[] {
  return lines.flatMap((line) => /^RCPT TO:<([^>]*)>/.exec(line)?.[1] ?? [])
}

/** The contents a script heard, as text. */
export function contents(reports: readonly ScriptReport[]): readonly string[] {
  return reports.flatMap(({ contents }) => contents.map((octets) => Buffer.from(octets).toString('utf8')))
}

/** The fields of each recipient of a report, by address. */
export function reported(text: string): Map<string, Map<string, string>> {
  const status = /Content-Type: message\/delivery-status\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--/s.exec(text)?.[1] ?? ''
  const groups = status
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n\r\n')
    .slice(1)
  return new Map(
    groups.map((group) => {
      const fields = new Map(
        group
          .trim()
          .split('\r\n')
          .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
      )
      return [(fields.get('Final-Recipient') ?? '').replace('rfc822; ', ''), fields]
    }),
  )
}
