import {
  type AnyExtension,
  type Mailbox,
  type OutgoingTransaction,
  parseMailbox,
  type RawParameter,
  reply,
} from '@angarium/smtp-wire'
import { type ClientConnection, connect, type ServerHandler, serve } from '@angarium/smtp-wire/drive'
import { createManualClock, createNetwork } from '@angarium/smtp-wire/testing'
import { all } from './talk.ts'

/** A MAIL or RCPT as a server was told of it. */
export interface Told {
  readonly parameters: Readonly<Record<string, unknown>>
  readonly raw: readonly RawParameter[]
}

/** A client in a session with a server, over a network in memory; what its MAIL and RCPT commands said. */
export async function session(options: {
  readonly server?: readonly AnyExtension[]
  readonly client?: readonly AnyExtension[]
  readonly tls?: boolean
  readonly handler?: Partial<ServerHandler>
}): Promise<{
  readonly connection: ClientConnection
  readonly mails: readonly Told['parameters'][]
  readonly commands: readonly Told[]
  readonly content: () => Uint8Array
}> {
  const clock = createManualClock()
  const network = createNetwork({ clock })
  const mails: Told['parameters'][] = []
  const commands: Told[] = []
  const content: number[] = []
  const handler: ServerHandler = {
    greet: () => reply(220, undefined, 'mx.example.org'),
    hello: () => 'accept',
    mail({ parameters, raw }) {
      mails.push(parameters)
      commands.push({ parameters, raw })
      return reply(250, '1.0', 'OK')
    },
    rcpt({ forwardPath, parameters, raw }) {
      commands.push({ parameters, raw })
      return forwardPath.kind === 'mailbox' && forwardPath.localPart === 'nobody'
        ? reply(550, '1.1', 'Nobody here')
        : reply(250, '1.5', 'OK')
    },
    dataStart: () => 'go',
    body: (octets) => void content.push(...octets),
    dataEnd: () => reply(250, '0.0', 'OK'),
    verb: () => reply(502, '5.1', 'No'),
    lookup: () => reply(502, '5.1', 'No'),
    ended: () => undefined,
    fault: () => undefined,
    secured: () => undefined,
    closed: () => undefined,
    ...options.handler,
  }
  network.listen(
    '192.0.2.25',
    25,
    (transport) =>
      void serve(transport, {
        hostname: 'mx.example.org',
        extensions: options.server ?? all,
        handler,
        clock,
        limits: { messageOctets: 1_000 },
        ...(options.tls === true && { tls: 'available' }),
      }),
    { certificate: { names: ['mx.example.org'], trusted: true } },
  )
  const transport = await network.dialer('192.0.2.1').dial({ address: '192.0.2.25', port: 25 }, { timeout: 1_000 })
  const opening = await connect(transport, { hostname: 'client.example', extensions: options.client ?? all, clock })
  if (opening.kind !== 'open') throw new Error(opening.kind)
  return { connection: opening.connection, mails, commands, content: () => Uint8Array.from(content) }
}

export const mailbox = (text: string): Mailbox => parseMailbox(text) as Mailbox

export type Wish = Partial<OutgoingTransaction> & { readonly content?: Uint8Array }

/** One message to b@example.org, and what became of its first recipient. */
export async function send(connection: ClientConnection, wish: Wish) {
  const { recipients } = await connection.send({
    reversePath: mailbox('a@client.example'),
    recipients: [{ forwardPath: mailbox('b@example.org') }],
    content: new Uint8Array(0),
    ...wish,
  })
  return recipients[0]
}
