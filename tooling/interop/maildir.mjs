import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The messages of a Maildir, oldest name first. A Maildir nobody wrote to is empty. */
export function messagesIn(maildir) {
  return ['new', 'cur'].flatMap((folder) => {
    const path = join(maildir, folder)
    return existsSync(path)
      ? readdirSync(path)
          .sort()
          .map((file) => readFileSync(join(path, file)))
      : []
  })
}

/** Every line end as LF, as Unix mailboxes keep them. */
export function withLf(octets) {
  const out = Buffer.alloc(octets.length)
  let length = 0
  for (let at = 0; at < octets.length; at++)
    if (octets[at] !== 0x0d || octets[at + 1] !== 0x0a) out[length++] = octets[at]
  return out.subarray(0, length)
}

/** What stands before the sent octets in a stored message: its trace fields. `undefined` when they are not its end. */
export function addedTo(stored, sent) {
  const at = stored.length - sent.length
  return at >= 0 && stored.subarray(at).equals(sent) ? stored.subarray(0, at).toString('latin1') : undefined
}

/** A message as final delivery keeps it: what an earlier host said the reverse-path was is gone. @rfc 5321 4.4 */
export function withoutReturnPath(octets) {
  // Content that begins with a blank has no header.
  if (octets[0] === 0x20 || octets[0] === 0x09) return octets
  const end = octets.indexOf('\r\n\r\n')
  const header = octets.subarray(0, end === -1 ? octets.length : end + 2)
  const kept = header.toString('latin1').replace(/^return-path[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim, '')
  return Buffer.concat([Buffer.from(kept, 'latin1'), octets.subarray(header.length)])
}

/** Names of the fields in a piece of header. */
export const fieldNames = (header) => [...header.matchAll(/^([!-9;-~]+):/gm)].map(([, name]) => name)
