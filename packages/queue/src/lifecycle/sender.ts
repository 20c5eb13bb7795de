import type { CommitOptions, Envelope } from '../store/contract.ts'

const maxOctets = 255

/** Whose mail it is: as the options say, else the domain of the reverse-path in lower case, cut at 255 octets of UTF-8. */
export function senderOf({ reversePath }: Pick<Envelope, 'reversePath'>, { sender }: CommitOptions): string {
  if (sender !== undefined) return sender
  const at = reversePath.lastIndexOf('@')
  return at < 0 ? '' : beginning(lowerCase(reversePath.slice(at + 1)))
}

/** Whether a name is short enough for `CommitOptions.sender` and `source`. */
export function isShort(name: string): boolean {
  return beginning(name) === name
}

function lowerCase(text: string): string {
  let lower = ''
  for (const letter of text) lower += letter >= 'A' && letter <= 'Z' ? letter.toLowerCase() : letter
  return lower
}

function beginning(text: string): string {
  let octets = 0
  let at = 0
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0
    octets += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4
    if (octets > maxOctets) return text.slice(0, at)
    at += letter.length
  }
  return text
}
