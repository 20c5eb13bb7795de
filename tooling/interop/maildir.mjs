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

/** Names of the fields in a piece of header. */
export const fieldNames = (header) => [...header.matchAll(/^([!-9;-~]+):/gm)].map(([, name]) => name)
