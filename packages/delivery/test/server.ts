import type { AnyExtension } from '@angarium/smtp-wire'
import { formatParameters, formatPath, type RawParameter, type Refusal, reply } from '@angarium/smtp-wire'
import { type ServeOptions, serve } from '@angarium/smtp-wire/drive'
import type { Certificate } from '@angarium/smtp-wire/testing'
import type { Rig } from './rig.ts'

/** A transaction as a server heard it. */
interface Heard {
  /** Path and parameters. */
  readonly mail: string
  readonly rcpt: readonly string[]
  /** Octet for character. */
  readonly content: string
}

export interface Server {
  /** Sessions so far. */
  readonly sessions: number
  /** Transactions that were taken, in order. */
  readonly heard: readonly Heard[]
}

export interface ServerOptions extends Partial<Pick<ServeOptions<readonly AnyExtension[]>, 'limits' | 'protocol'>> {
  readonly port?: number
  readonly certificate?: Certificate
  readonly rcpt?: (path: string) => Refusal | undefined
  readonly end?: () => Refusal | undefined
}

/** A server of ours at an address, with extensions and both halves of what they say. */
export function server(
  { network, clock }: Rig,
  address: string,
  extensions: readonly AnyExtension[],
  { port = 25, certificate, rcpt, end, ...options }: ServerOptions = {},
): Server {
  let sessions = 0
  const heard: Heard[] = []
  const listener = certificate && { certificate }
  network.listen(
    address,
    port,
    (transport) => {
      sessions++
      let paths: string[] = []
      let pieces: Buffer[] = []
      const line = (path: string, parameters: readonly RawParameter[]): string => path + formatParameters(parameters)
      void serve(transport, {
        hostname: 'mx.test',
        clock,
        extensions,
        tls: certificate ? 'available' : 'unavailable',
        ...options,
        handler: {
          greet: () => reply(220, undefined, 'mx.test'),
          hello: () => 'accept',
          mail: () => {
            paths = []
            pieces = []
            return reply(250, '1.0', 'ok')
          },
          rcpt: ({ forwardPath, raw }) => {
            const refusal = rcpt?.(formatPath(forwardPath))
            if (refusal !== undefined) return refusal
            paths.push(line(formatPath(forwardPath), raw))
            return reply(250, '1.5', 'ok')
          },
          dataStart: () => 'go',
          body: (octets) => void pieces.push(Buffer.from(octets)),
          dataEnd: ({ transaction: { reversePath, raw, recipients } }) => {
            const refusal = end?.()
            if (refusal === undefined)
              heard.push({
                mail: line(formatPath(reversePath), raw),
                rcpt: paths,
                content: Buffer.concat(pieces).toString('latin1'),
              })
            const answer = refusal ?? reply(250, '0.0', 'taken')
            return options.protocol === 'lmtp' ? recipients.map(() => answer) : answer
          },
          verb: () => reply(502, '5.1', 'no'),
          lookup: () => reply(252, '5.1', 'no'),
          ended: () => undefined,
          fault: () => undefined,
          secured: () => undefined,
          closed: () => undefined,
        },
      })
    },
    listener,
  )
  return {
    get sessions() {
      return sessions
    },
    heard,
  }
}
