import { duration, size } from '@angarium/host'
import * as z from 'zod'
import { keywords } from './keywords.ts'
import {
  addressRange,
  destinationKey,
  host,
  ipAddress,
  nameServer,
  path,
  port,
  routeKey,
  wholeNumber,
} from './values.ts'

/** Where mail comes in. */
export const listener = z.strictObject({
  address: ipAddress.meta({ description: 'Address to listen on; 0.0.0.0 or :: for all.' }),
  port: port.meta({ description: 'Port to listen on.' }),
  tls: z.enum(['starttls', 'implicit']).default('starttls').meta({
    description: 'starttls: begun by STARTTLS where there is a certificate; implicit: from the first octet on.',
  }),
})

/** A next hop that takes the place of MX records. */
const route = z.strictObject({
  host: host.meta({ description: 'Name or numeric address of the next hop.' }),
  port: port.default(25).meta({ description: 'Its port; must be given for LMTP.' }),
  protocol: z.enum(['smtp', 'lmtp']).default('smtp').meta({ description: 'What is spoken with it.' }),
  tls: z.enum(['none', 'opportunistic', 'encrypt', 'verify']).default('opportunistic').meta({
    description:
      'none: never; opportunistic: if offered; encrypt: or not at all; verify: with a certificate for `host`.',
  }),
})

/** Service extensions, as far as every server knows them. */
export const extensions = z.strictObject({
  without: z.array(z.enum(keywords)).default([]).meta({
    description: 'Keywords neither offered nor used; what requires one of them goes with it.',
  }),
  modules: z
    .array(
      z.strictObject({
        module: path.meta({ description: 'File, or package, whose default export contributes extensions.' }),
        settings: z.unknown().optional().meta({ description: 'Handed to the module as they are.' }),
      }),
    )
    .default([])
    .meta({ description: 'Extensions from elsewhere.' }),
  deliverByMinimum: duration({ least: 0, most: 86_400_000 })
    .prefault('0s')
    .meta({ description: 'DELIVERBY: the shortest time in which a message may have to be delivered or returned.' }),
})

/** Who may speak for others. */
export const proxies = z.strictObject({
  proxyProtocol: z.array(addressRange).default([]).meta({
    description: 'PROXY protocol: load balancers whose connections begin with its header, and must.',
  }),
})

export const dns = z.strictObject({
  servers: z
    .array(nameServer)
    .min(1)
    .optional()
    .meta({ description: 'Name servers to ask, as address or address:port. Without it those of /etc/resolv.conf.' }),
})

export const tls = z.strictObject({
  certificate: path.optional().meta({ description: 'Chain in PEM. STARTTLS is offered only with it.' }),
  key: path.optional().meta({ description: 'Private key in PEM.' }),
  ca: path.optional().meta({ description: 'Roots to trust in PEM, in place of those that come with Node.' }),
})

export const limits = z.strictObject({
  messageOctets: size({ least: 65_536, most: 2_147_483_647 })
    .prefault('50MiB')
    .meta({ description: 'Greatest message; at least 64 KiB.' }),
  recipients: z.int().min(100).max(100_000).default(1000).meta({ description: 'Recipients of one transaction.' }),
  transactions: wholeNumber.optional().meta({ description: 'Messages of one session. Without it there is no limit.' }),
  received: wholeNumber.default(100).meta({ description: 'Received fields at which a message is taken for a loop.' }),
  connections: wholeNumber.default(1000).meta({ description: 'Connections in, over all.' }),
  connectionsPerAddress: wholeNumber.default(50).meta({ description: 'Connections in, from one address.' }),
  errors: wholeNumber.default(20).meta({ description: 'Refused commands after which a session is ended.' }),
  idleCommands: wholeNumber
    .default(100)
    .meta({ description: 'Commands that carry no mail forward, between two messages.' }),
  command: duration({ most: 3_600_000 }).prefault('5m').meta({ description: 'Time for one command.' }),
  contentGrace: duration({ most: 3_600_000 })
    .prefault('3m')
    .meta({ description: 'Time from which on content must keep up its rate.' }),
  contentRate: wholeNumber.default(500).meta({ description: 'Octets a second that content must keep up.' }),
  session: duration({ most: 86_400_000 }).prefault('2h').meta({ description: 'Time for one session.' }),
})

const waits = {
  first: duration({ least: 1_000 }).meta({ description: 'Wait after the first failed attempt.' }),
  max: duration({ least: 1_000 }).meta({ description: 'Longest wait.' }),
  factor: z.number().min(1).max(100).meta({ description: 'Each wait is so many times the one before.' }),
  lifetime: duration({ least: 1_000 }).meta({ description: 'After so long a message is returned.' }),
  warnAfter: duration().meta({ description: 'After so long its sender is told of the delay, once.' }),
}

export const retry = z.strictObject({
  first: waits.first.prefault('5m'),
  max: waits.max.prefault('66m40s'),
  factor: waits.factor.default(2),
  lifetime: waits.lifetime.prefault('5d'),
  warnAfter: waits.warnAfter.prefault('4h'),
})

/** Where one destination differs from the others. */
const destination = z.strictObject({
  concurrency: wholeNumber.optional().meta({ description: 'Deliveries under way to it.' }),
  retry: z
    .strictObject(waits)
    .partial()
    .prefault({})
    .meta({ description: 'When to try again; what is left out is as in `retry`.' }),
})

const rate = z.strictObject({
  by: z.enum(['all', 'destination', 'next-hop', 'sender', 'source']).meta({
    description:
      'What is counted apart: each destination, each set of mail hosts, each sender (who logged in, else the domain of MAIL FROM), each client address; all: everything together.',
  }),
  of: z.string().min(1).max(255).optional().meta({ description: 'Only this one. Without it each one.' }),
  count: z.enum(['messages', 'recipients']).default('messages').meta({ description: 'What is counted.' }),
  limit: wholeNumber.meta({ description: 'So many.' }),
  per: z.enum(['second', 'minute', 'hour']).meta({ description: 'In so long.' }),
})

const wait = duration({ least: 1_000, most: 3_600_000 })

/** Defaults are those of RFC 5321, 4.5.3.2. */
const timeouts = z.strictObject({
  greeting: wait.prefault('5m').meta({ description: 'Wait for the greeting.' }),
  command: wait.prefault('5m').meta({ description: 'Wait for the reply to EHLO and other commands.' }),
  mail: wait.prefault('5m').meta({ description: 'Wait for the reply to MAIL.' }),
  rcpt: wait.prefault('5m').meta({ description: 'Wait for the reply to RCPT.' }),
  data: wait.prefault('2m').meta({ description: 'Wait for the reply to DATA.' }),
  content: wait.prefault('3m').meta({ description: 'Time for each piece of content to go out.' }),
  end: wait.prefault('10m').meta({
    description: 'Wait for the reply to a whole message; with a short one mail arrives twice.',
  }),
})

export const delivery = z.strictObject({
  paused: z.boolean().default(false).meta({ description: 'Take mail and keep it; deliver nothing.' }),
  concurrency: wholeNumber.default(200).meta({ description: 'Deliveries under way, over all.' }),
  perDestination: wholeNumber.default(20).meta({ description: 'Deliveries under way to one destination.' }),
  perNextHop: wholeNumber.optional().meta({
    description:
      'Deliveries under way to one set of mail hosts, whatever the number of its domains. Without it as `perDestination`.',
  }),
  destinations: z.record(destinationKey, destination).default({}).meta({
    description: 'Destinations with limits of their own: a domain, or "*." and a domain for all below it.',
  }),
  rates: z.array(rate).default([]).meta({ description: 'How many deliveries may begin in a span of time.' }),
  smtpPort: port.default(25).meta({ description: 'Port of hosts found by MX.' }),
  connectTimeout: duration({ most: 600_000 })
    .prefault('30s')
    .meta({ description: 'Time for a connection to come about.' }),
  timeouts: timeouts.prefault({}),
  allowLoopback: z
    .boolean()
    .default(false)
    .meta({ description: 'Deliver to hosts whose MX records lead to this machine’s loopback. For tests.' }),
})

export const queue = z.strictObject({
  minFree: size().prefault('64MiB').meta({
    description: 'New mail is refused while the disk has less room than this; deliveries go on.',
  }),
  share: z.boolean().default(false).meta({
    description: 'Let other servers of this machine, of the same user, bring mail to this queue and deliver from it.',
  }),
  owner: path.optional().meta({
    description:
      'Folder `data` of the server whose queue is used; it must have queue.share. Without it: a queue of its own.',
  }),
})

export const log = z.strictObject({
  level: z.enum(['info', 'warn', 'error', 'silent']).default('info').meta({ description: 'Least level that is told.' }),
  file: path.optional().meta({ description: 'File to append to. Without it the standard output.' }),
})

export const admin = z.strictObject({
  socket: path.optional().meta({ description: 'Socket of the command `queue`. Without it <data>/admin.sock.' }),
})

export const routes = z.record(routeKey, route).meta({
  description: 'Next hops other than MX, by destination domain; "*" is for all that have none of their own.',
})
