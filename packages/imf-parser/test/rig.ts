import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Octets of a text whose characters are octets: vectors hold what JSON cannot. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The text whose characters are the octets. */
export function characters(of: Uint8Array): string {
  let text = ''
  for (const octet of of) text += String.fromCharCode(octet)
  return text
}

export function vectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T[]
}

const shared = process.env.ANGARIUM_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))

/** Third-party cases are not part of this repository. */
export const hasShared = existsSync(`${shared}/vectors`) && existsSync(`${shared}/corpus-bench`)
export const unlessShared = hasShared ? '' : ' (skipped: no ../shared and no ANGARIUM_SHARED)'

export const sharedText = (path: string): string => readFileSync(`${shared}/${path}`, 'utf8')
export const sharedJson = <T>(path: string): T => JSON.parse(sharedText(path)) as T
export const sharedOctets = (path: string): Uint8Array => new Uint8Array(readFileSync(`${shared}/${path}`))
export const sharedFiles = (path: string): string[] => readdirSync(`${shared}/${path}`)

/** All files below a folder, by their paths. */
export const sharedTree = (path: string): string[] =>
  readdirSync(`${shared}/${path}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(shared.length + 1))
