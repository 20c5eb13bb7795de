import { readFileSync } from 'node:fs'

/** Vectors by the name of their file; `{ "hex": "..." }` stands for octets. */
export function vectors<T>(file: string): readonly T[] {
  const text = readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), 'utf8')
  return JSON.parse(text, (_key, value) => (typeof value?.hex === 'string' ? hex(value.hex) : value))
}

/** Octets from hexadecimal digits, blanks between them at will. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'))
}
