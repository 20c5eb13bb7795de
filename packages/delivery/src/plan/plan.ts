import { deliverBy } from '@angarium/dsn'
import type { ContentTraits } from '@angarium/imf-parser/transfer'
import type { EnvelopeParameter } from '@angarium/queue'
import { asciiUpper, type BodyKind, isAscii } from '@angarium/smtp-wire'
import type { HostAbilities } from './host.ts'

/** What is known of a message that is to be sent. */
export interface TransferMessage {
  /** Without angle brackets; empty for the null reverse-path. */
  readonly reversePath: string
  /** What came with MAIL. */
  readonly parameters: readonly EnvelopeParameter[]
  /** What its content asks for. Left out: nobody looked. */
  readonly traits?: TransferTraits
}

/** What a plan looks at in a survey of content. */
export type TransferTraits = Pick<
  ContentTraits,
  'domain' | 'eightBitHeader' | 'eightBitPartHeader' | 'eightBitBody' | 'bareGlobal' | 'fault'
>

/** How a message is to go to a host. */
export type TransferPlan =
  /** It depends on the content: survey it, and plan again. */
  | { readonly kind: 'survey' }
  | {
      readonly kind: 'send'
      readonly body: 'as-is' | 'to-8bit' | 'to-7bit'
      /** What the content is when it is sent. Left out: what its sender declared has to do. */
      readonly is?: BodyKind
      /** Its header needs no SMTPUTF8, whatever its sender declared. Left out: nobody looked. */
      readonly utf8Header?: false
      /** Recipients beyond ASCII cannot go along: 5.6.7. Domains go as A-labels. */
      readonly asciiOnly: boolean
    }
  | {
      readonly kind: 'refuse'
      readonly status: `5.${number}.${number}`
      /** A sentence without its subject's name: the subject is the host. */
      readonly because: string
      /** Another host of the same destination is to be asked before it comes to that: a substitute may be the poorer one. */
      readonly elsewhere: boolean
    }

/**
 * Plans how a message goes to a host: as it is, converted, or not at all. The content is looked at only where the host takes
 * less than the message may have: to a host with 8BITMIME an ordinary message goes unread.
 *
 * The received BODY is a claim, and field software gets it wrong both ways. Where the host takes 7-bit only, the content
 * decides: what is 7-bit goes as it is. Content that did not come as binary counts as lines whatever it holds, and a line
 * too long goes on as it came. What has to be converted goes binary to 8bit where the host takes that, else to 7bit.
 *
 * A message that came with SMTPUTF8 goes without where neither its sender's address nor a header field needs it. What may
 * bring back a message of that kind, which is a report, goes to a host without SMTPUTF8 encoded: `to-7bit`.
 *
 * @param convert `never`: what would have to be converted is refused, 5.6.3
 * @rfc 6152 3
 * @rfc 3030 3
 * @rfc 6531 3.4
 * @rfc 6531 3.5
 * @rfc 6533 4.5
 */
export function planTransfer(
  message: Required<TransferMessage>,
  host: HostAbilities,
  convert?: 'when-needed' | 'never',
): Exclude<TransferPlan, { kind: 'survey' }>
/** The same where the content may not have been surveyed yet. */
export function planTransfer(
  message: TransferMessage,
  host: HostAbilities,
  convert?: 'when-needed' | 'never',
): TransferPlan
export function planTransfer(
  message: TransferMessage,
  host: HostAbilities,
  convert: 'when-needed' | 'never' = 'when-needed',
): TransferPlan {
  const { reversePath, parameters, traits } = message
  const refusal = forbidden(message, host)
  if (refusal !== undefined) return refusal
  const utf8 = host.keywords.has('SMTPUTF8')
  const declared = declaredBody(parameters)
  const headerMatters = !utf8 && has(parameters, 'SMTPUTF8')
  const globalMatters = !utf8 && (reversePath === '' || has(parameters, 'SMTPUTF8'))
  const bodyMatters = !host.eightBit || (declared === 'binary' && !host.binary)
  const asIs = { kind: 'send', body: 'as-is', asciiOnly: !utf8 } as const
  // The client sends lines unless it is told otherwise.
  const unread = declared === 'binary' ? { ...asIs, is: declared } : asIs
  if (!globalMatters && !bodyMatters) return unread
  if (traits === undefined) return { kind: 'survey' }

  const header = headerMatters && { utf8Header: false as const }
  if (headerMatters && hasUtf8Header(traits))
    return refuse('5.6.9', 'does not take SMTPUTF8, which the header of the message needs')
  const eightBit = host.eightBit && !(globalMatters && traits.bareGlobal && traits.eightBitBody)
  if (!bodyMatters && eightBit) return { ...unread, ...header }
  const is = bodyOf(traits, declared)
  if (is === '7bit' || (is === '8bit' && eightBit)) return { ...asIs, ...header, is }
  const to = eightBit ? '8bit' : '7bit'
  if (convert === 'never') return refuse('5.6.3', `takes ${to} content only; the message is ${is} and is not converted`)
  return { ...asIs, ...header, body: `to-${to}`, is: to }
}

/** What forbids to send it there, whatever the content. */
function forbidden({ reversePath, parameters }: TransferMessage, host: HostAbilities): TransferPlan | undefined {
  const { keywords, protocol } = host
  if (requiresTls(reversePath, parameters) && !keywords.has('REQUIRETLS'))
    return refuse('5.7.30', 'does not offer REQUIRETLS, which the sender demands')
  // Delivery over LMTP is final: the answer tells whether the time was kept. One host stands for all. @rfc 2852 7
  if (deliverBy(parameters, 0)?.mode === 'return' && protocol === 'smtp' && !keywords.has('DELIVERBY'))
    return refuse('5.3.3', 'does not offer DELIVERBY: it would not keep to the time that the sender set', false)
  if (needsUtf8(reversePath) && !keywords.has('SMTPUTF8'))
    return refuse('5.6.7', "does not take SMTPUTF8, which the sender's address needs")
  return undefined
}

function refuse(
  status: Extract<TransferPlan, { kind: 'refuse' }>['status'],
  because: string,
  elsewhere: boolean = true,
): TransferPlan {
  return { kind: 'refuse', status, because, elsewhere }
}

/**
 * Whether each hop is to be under verified TLS. A report, which has no sender, is not kept back for that.
 *
 * @rfc 8689 4.2.1
 * @rfc 8689 5
 */
export function requiresTls(reversePath: string, parameters: readonly EnvelopeParameter[]): boolean {
  return reversePath !== '' && has(parameters, 'REQUIRETLS')
}

/** What of the header was not seen may be anything. @rfc 6531 3.6 */
function hasUtf8Header({ eightBitHeader, eightBitPartHeader, eightBitBody, fault }: TransferTraits): boolean {
  return eightBitHeader || eightBitPartHeader || (fault !== undefined && eightBitBody)
}

function bodyOf({ domain, eightBitHeader, eightBitBody }: TransferTraits, declared: BodyKind | undefined): BodyKind {
  if (declared === 'binary') return domain
  return eightBitHeader || eightBitBody ? '8bit' : '7bit'
}

/** What the sender said of the content. @rfc 6152 2 @rfc 3030 3 */
export function declaredBody(parameters: readonly EnvelopeParameter[]): BodyKind | undefined {
  const body = parameters.find(([keyword]) => keyword === 'BODY')?.[1]
  return body === undefined ? undefined : kinds.get(asciiUpper(body))
}

/** Whether a parameter came along. */
export function has(parameters: readonly EnvelopeParameter[], keyword: string): boolean {
  return parameters.some(([name]) => name === keyword)
}

/** Whether an address can only go by SMTPUTF8: a domain alone has its A-labels. @rfc 6531 3.7 */
export function needsUtf8(address: string): boolean {
  return !isAscii(address.slice(0, Math.max(address.lastIndexOf('@'), 0)))
}

const kinds: ReadonlyMap<string, BodyKind> = new Map([
  ['7BIT', '7bit'],
  ['8BITMIME', '8bit'],
  ['BINARYMIME', 'binary'],
])
