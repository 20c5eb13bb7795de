import { encodeWords } from '../compose/encoded-word.ts'
import { formatField } from '../compose/field.ts'
import { type ComposeOptions, checkText, isAscii } from '../compose/text.ts'
import { ImfError } from '../error.ts'
import { isDomainLiteral, isDotAtom, isWords } from '../syntax/characters.ts'
import type { Address, Mailbox } from './address.ts'

/**
 * The spelling of an addr-spec: the local-part quoted only where the grammar demands it. Parsed again it is the same.
 *
 * @throws ImfError BAD_ADDRESS, UNSAFE_TEXT, NOT_ASCII
 * @rfc 5322 3.4.1
 */
export function formatAddrSpec(address: Pick<Mailbox, 'localPart' | 'domain'>, options: ComposeOptions = {}): string {
  const { localPart, domain } = address
  const where = 'address'
  checkText(localPart, where)
  checkText(domain, where)
  if (!isDotAtom(domain) && !isDomainLiteral(domain))
    throw new ImfError('BAD_ADDRESS', 'a domain is neither names and dots nor a literal', { address: domain })
  if (!options.utf8 && !(isAscii(localPart) && isAscii(domain)))
    throw new ImfError('NOT_ASCII', 'an address beyond ASCII needs a UTF-8 header', { where })
  return `${isDotAtom(localPart) ? localPart : quote(localPart)}@${domain}`
}

/**
 * A mailbox: the addr-spec alone, or behind its display name and in angle brackets. A name beyond ASCII becomes
 * encoded-words, or stays when `utf8` is set.
 *
 * @throws ImfError BAD_ADDRESS, UNSAFE_TEXT, NOT_ASCII
 * @rfc 5322 3.4
 */
export function formatMailbox(mailbox: Omit<Mailbox, 'kind' | 'comments'>, options: ComposeOptions = {}): string {
  const address = formatAddrSpec(mailbox, options)
  return mailbox.displayName === undefined ? address : `${formatPhrase(mailbox.displayName, options)} <${address}>`
}

/**
 * A whole Return-Path field, to put in front at final delivery.
 *
 * @param mailbox `undefined` for the null reverse-path
 * @throws like {@link formatAddrSpec}
 * @rfc 5321 4.4
 */
export function formatReturnPath(
  mailbox: Pick<Mailbox, 'localPart' | 'domain'> | undefined,
  options: ComposeOptions = {},
): string {
  return formatField('Return-Path', `<${mailbox === undefined ? '' : formatAddrSpec(mailbox, options)}>`, options)
}

/** An address-list, its elements parted by comma and space. @throws like {@link formatMailbox} @rfc 5322 3.4 */
export function formatAddressList(list: readonly Address[], options: ComposeOptions = {}): string {
  return list.map((one) => formatAddress(one, options)).join(', ')
}

function formatAddress(address: Address, options: ComposeOptions): string {
  if (address.kind === 'mailbox') return formatMailbox(address, options)
  const inside = address.mailboxes.map((one) => formatMailbox(one, options)).join(', ')
  return `${formatPhrase(address.displayName, options)}:${inside === '' ? '' : ` ${inside}`};`
}

/**
 * A display name: words as they are, else one quoted-string, else encoded-words.
 *
 * @throws ImfError UNSAFE_TEXT
 * @rfc 5322 3.2.5
 * @rfc 2047 5
 */
export function formatPhrase(text: string, options: ComposeOptions = {}): string {
  checkText(text, 'display name')
  if (!options.utf8 && !isAscii(text)) return encodeWords(text)
  // In quotes nothing is taken for an encoded-word.
  return isWords(text) && !text.includes('=?') ? text : quote(text)
}

/** Quotes text that {@link checkText} passed. */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`
}
