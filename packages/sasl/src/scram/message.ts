import { decodeBase64 } from '../base64.ts'
import { decodeUtf8, readPositive } from '../octets.ts'

/** `client-first-message`, its names still as sent. */
export interface ClientFirst {
  /** `n`: no binding, `y`: the client could but thinks that we cannot, otherwise the type it binds to. */
  readonly binding: 'n' | 'y' | { readonly type: string }
  readonly authzid: string
  readonly authcid: string
  readonly nonce: string
  /** The part that channel binding repeats. */
  readonly gs2Header: string
  /** The part that goes into the proof. */
  readonly bare: string
}

/**
 * ```abnf
 * client-first-message = gs2-header [reserved-mext ","] username "," nonce ["," extensions]
 * ```
 * @returns `undefined` for anything else, mandatory extensions included: there is none that we know.
 * @rfc 5802 7
 */
export function readClientFirst(octets: Uint8Array): ClientFirst | undefined {
  const text = readText(octets)
  if (text === undefined) return undefined
  const header = readGs2Header(text)
  if (header === undefined) return undefined
  const gs2Header = text.slice(0, header.end)
  const bare = text.slice(header.end)
  const [name = '', nonce = '', ...extensions] = bare.split(',')
  const authcid = name.startsWith('n=') ? readSaslname(name.slice(2)) : undefined
  if (authcid === undefined || !nonce.startsWith('r=') || !isNonce(nonce.slice(2)) || !extensions.every(isExtension)) {
    return undefined
  }
  return { binding: header.binding, authzid: header.authzid, authcid, nonce: nonce.slice(2), gs2Header, bare }
}

/**
 * The header that SCRAM and OAUTHBEARER begin with.
 *
 * `gs2-header = ("p=" cb-name / "n" / "y") "," [ "a=" saslname ] ","`
 *
 * @returns with `end`, the place after it.
 * @rfc 5801 4
 */
export function readGs2Header(
  text: string,
): { readonly binding: ClientFirst['binding']; readonly authzid: string; readonly end: number } | undefined {
  const first = text.indexOf(',')
  const second = text.indexOf(',', first + 1)
  if (first < 0 || second < 0) return undefined
  const flag = text.slice(0, first)
  const type = flag.startsWith('p=') ? flag.slice(2) : undefined
  if (type === undefined ? flag !== 'n' && flag !== 'y' : !/^[A-Za-z0-9.-]{1,64}$/.test(type)) return undefined
  const field = text.slice(first + 1, second)
  const authzid = field === '' ? '' : field.startsWith('a=') ? readSaslname(field.slice(2)) : undefined
  if (authzid === undefined) return undefined
  return { binding: type === undefined ? (flag as 'n' | 'y') : { type }, authzid, end: second + 1 }
}

/** `client-final-message`. */
export interface ClientFinal {
  /** Decoded `c=`. */
  readonly binding: Uint8Array
  readonly nonce: string
  readonly proof: Uint8Array
  readonly withoutProof: string
}

/**
 * ```abnf
 * client-final-message = channel-binding "," nonce ["," extensions] "," proof
 * ```
 * @rfc 5802 7
 */
export function readClientFinal(octets: Uint8Array): ClientFinal | undefined {
  const text = readText(octets)
  if (text === undefined) return undefined
  const [channel = '', nonce = '', ...rest] = text.split(',')
  const last = rest.pop() ?? ''
  const binding = channel.startsWith('c=') ? decodeBase64(channel.slice(2)) : undefined
  const proof = last.startsWith('p=') ? decodeBase64(last.slice(2)) : undefined
  if (binding === undefined || proof === undefined || !nonce.startsWith('r=') || !rest.every(isExtension)) {
    return undefined
  }
  return { binding, nonce: nonce.slice(2), proof, withoutProof: text.slice(0, text.length - last.length - 1) }
}

/** `server-first-message`. */
export interface ServerFirst {
  readonly nonce: string
  readonly salt: Uint8Array
  readonly iterations: number
  readonly text: string
}

/**
 * ```abnf
 * server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
 * server-error = "e=" server-error-value
 * ```
 * @returns `refused` for an error in its place.
 * @rfc 5802 7
 */
export function readServerFirst(octets: Uint8Array): ServerFirst | 'refused' | undefined {
  const text = readText(octets)
  if (text === undefined) return undefined
  if (text.startsWith('e=')) return 'refused'
  const [nonce = '', saltField = '', count = '', ...extensions] = text.split(',')
  const salt = saltField.startsWith('s=') ? decodeBase64(saltField.slice(2)) : undefined
  const iterations = count.startsWith('i=') ? readPositive(count.slice(2)) : undefined
  if (salt === undefined || salt.length === 0 || iterations === undefined) return undefined
  if (!nonce.startsWith('r=') || !isNonce(nonce.slice(2)) || !extensions.every(isExtension)) return undefined
  return { nonce: nonce.slice(2), salt, iterations, text }
}

/**
 * ```abnf
 * server-final-message = (server-error / "v=" base64) ["," extensions]
 * ```
 * @returns the server's signature, or `refused`.
 * @rfc 5802 7
 */
export function readServerFinal(octets: Uint8Array): Uint8Array | 'refused' | undefined {
  const text = readText(octets)
  if (text === undefined) return undefined
  const [result = '', ...extensions] = text.split(',')
  if (!extensions.every(isExtension)) return undefined
  if (result.startsWith('e=')) return 'refused'
  return result.startsWith('v=') ? decodeBase64(result.slice(2)) : undefined
}

/** Writes a name so that it holds neither comma nor equals sign. @rfc 5802 5.1 */
export function writeSaslname(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function readSaslname(text: string): string | undefined {
  if (text === '') return undefined
  const [first = '', ...others] = text.split('=')
  let name = first
  for (const part of others) {
    if (part.startsWith('2C')) name += `,${part.slice(2)}`
    else if (part.startsWith('3D')) name += `=${part.slice(2)}`
    else return undefined
  }
  return name
}

function readText(octets: Uint8Array): string | undefined {
  return octets.includes(0) ? undefined : decodeUtf8(octets)
}

/** `nonce = 1*(%x21-2B / %x2D-7E)` */
function isNonce(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(text)
}

/** `attr-val = ALPHA "=" 1*value-char`; `m` would be one we have to know. */
function isExtension(text: string): boolean {
  return /^[A-Za-ln-z]=/.test(text) && text.length > 2
}
