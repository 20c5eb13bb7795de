import {
  type Channel,
  type ClientExchange,
  type ClientFailure,
  type ClientStep,
  decodeBase64,
  encodeBase64,
  type SaslClient,
  type TokenRefusal,
} from '@angarium/sasl/profile'
import type { Reply } from '@angarium/smtp-wire'
import type { ClientConnection } from '@angarium/smtp-wire/drive'

/** How an authentication came out. */
export type Authentication =
  | { readonly kind: 'authenticated'; readonly mechanism: string }
  /** The server said no. 4xx: not now. `token`: what it said of the token, if it was one. */
  | { readonly kind: 'refused'; readonly mechanism: string; readonly reply: Reply; readonly token?: TokenRefusal }
  /** The server offers no mechanism that this client has, or those it has turned out not to be there. */
  | { readonly kind: 'no-mechanism' }
  /** This side gave up. Where the server had said yes without proving itself, the connection is closed. */
  | { readonly kind: 'given-up'; readonly mechanism: string; readonly because: ClientFailure }
  | { readonly kind: 'lost' }

/** What is needed of a connection. */
export type AuthConnection = Pick<ClientConnection, 'offers' | 'tls' | 'command' | 'respond' | 'close'>

/** What a client may know of the way to the server. */
export interface AuthOptions extends Omit<Channel, 'encrypted'> {
  /**
   * Where mechanisms that show a password are used: `verified`, the default, under TLS with a certificate that holds for
   * the server's name; `any`, whatever the connection is, for a way that is safe otherwise.
   */
  readonly trust?: 'verified' | 'any'
}

/**
 * The client's dialogue of AUTH, with the strongest mechanism both sides have. One that the server turns out not to have
 * (504), or thinks too weak (534) or not for this channel (538), is passed over for the next; any other refusal is the
 * last word. The initial response goes with the command where it fits a line of 512 octets.
 *
 * @rfc 4954 4
 * @rfc 4954 14
 */
export async function authenticate(
  connection: AuthConnection,
  sasl: SaslClient,
  options: AuthOptions = {},
): Promise<Authentication> {
  const { trust = 'verified', ...known } = options
  const channel: Channel = { ...known, encrypted: trust === 'any' || connection.tls?.verified === true }
  const offered = connection.offers.get('AUTH') ?? []
  const passedOver = new Set<string>()
  for (;;) {
    const exchange = sasl.begin(offered, channel, passedOver)
    if (exchange === undefined) return { kind: 'no-mechanism' }
    const result = await run(connection, exchange)
    if (result.kind !== 'refused' || !otherMechanism.has(result.reply.code)) return result
    passedOver.add(exchange.mechanism)
  }
}

async function run(connection: AuthConnection, exchange: ClientExchange): Promise<Authentication> {
  const { mechanism } = exchange
  const giveUp = (because: ClientFailure): Authentication => ({ kind: 'given-up', mechanism, because })
  const initial = exchange.start()
  const argument = initial === undefined ? mechanism : `${mechanism} ${encodeBase64(initial) || '='}`
  const fits = `AUTH ${argument}\r\n`.length <= 512
  let unsent = fits ? undefined : initial
  let token: TokenRefusal | undefined
  let reply = await connection.command('AUTH', fits ? argument : mechanism)
  while (reply?.code === 334) {
    const step: ClientStep = unsent === undefined ? next(exchange, reply) : { kind: 'respond', octets: unsent }
    unsent = undefined
    if (step.kind === 'abort')
      return (await connection.respond('*')) === undefined ? { kind: 'lost' } : giveUp(step.reason)
    token = step.refusal
    reply = await connection.respond(encodeBase64(step.octets))
  }
  if (reply === undefined) return { kind: 'lost' }
  if (reply.code >= 300) return { kind: 'refused', mechanism, reply, ...(token !== undefined && { token }) }
  const fault = exchange.succeed()
  if (fault === undefined) return { kind: 'authenticated', mechanism }
  connection.close()
  return giveUp(fault)
}

/** A challenge that is no base64 cancels. @rfc 4954 4 */
function next(exchange: ClientExchange, { text }: Reply): ClientStep {
  const [line = ''] = text
  const challenge = text.length === 1 ? decodeBase64(line) : undefined
  return challenge === undefined ? { kind: 'abort', reason: 'malformed' } : exchange.next(challenge)
}

/** Replies that speak of the mechanism, not of the credentials. @rfc 4954 6 */
const otherMechanism: ReadonlySet<number> = new Set([504, 534, 538])
