import { existsSync, readFileSync } from 'node:fs'

/** Cases of one of our vector files. */
export function vectors<T>(name: string): readonly T[] {
  const url = new URL(`../vectors/${name}`, import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { cases: T[] }).cases
}

const folder = process.env.ANGARIUM_SHARED ?? new URL('../../../../shared', import.meta.url).pathname

/** Third-party cases, where the folder is at hand. */
export const hasShared: boolean = existsSync(`${folder}/vectors`)
export const withoutShared = hasShared ? '' : ' (skipped: ANGARIUM_SHARED is not at hand)'
export const shared = (path: string): string => readFileSync(`${folder}/vectors/${path}`, 'utf8')
export const sharedFolder = (path: string): string => `${folder}/vectors/${path}`

export const toOctets = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff)

export function toText(octets: Uint8Array): string {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}

/** The whole, all ways to cut once, and single octets. */
export function* cuts(octets: Uint8Array): Generator<readonly Uint8Array[]> {
  yield [octets]
  for (let at = 1; at < octets.length; at++) yield [octets.subarray(0, at), octets.subarray(at)]
  yield Array.from(octets, (octet) => Uint8Array.of(octet))
}
