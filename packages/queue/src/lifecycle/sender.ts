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
  let copied = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x41 || code > 0x5a) continue
    lower += text.slice(copied, at) + String.fromCharCode(code + 0x20)
    copied = at + 1
  }
  return copied === 0 ? text : lower + text.slice(copied)
}

function beginning(text: string): string {
  // No unit of a string takes more than three octets.
  if (text.length * 3 <= maxOctets) return text
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
