import { readFileSync } from 'node:fs'
import { type CredentialRecord, formatRecord, parseRecord, prepareStored } from '@angarium/sasl'
import { addressLimits, asciiLower, domainKey, type Mailbox, parseDomain, parseMailbox } from '@angarium/smtp-wire'

/** Somebody who may log in. */
export interface User {
  /** As SASLprep leaves it; case counts. */
  readonly name: string
  /** What is kept of the password; the first decides. */
  readonly records: readonly CredentialRecord[]
  /** Addresses to send as, and domains as `@example.com`; none: the default of the server. */
  readonly senders: readonly string[]
}

/** The users by name, or the first thing that is wrong. */
export type LoadedUsers =
  | { readonly kind: 'loaded'; readonly users: ReadonlyMap<string, User> }
  | { readonly kind: 'wrong'; readonly because: string }

/** Reads a file of users. One that is not there has none. */
export function loadUsers(file: string): LoadedUsers {
  try {
    return parseUsers(readFileSync(file, 'utf8'), file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'loaded', users: new Map() }
    return { kind: 'wrong', because: `cannot be read: ${error instanceof Error ? error.message : error}` }
  }
}

/**
 * Reads users, one a line: the name, what is kept of the password, and, if any, addresses to send as, with blanks
 * between. Empty lines and lines that begin with `#` are nobody.
 *
 * ```text
 * alice  SCRAM-SHA-256$15000:c2FsdA...$...:...  alice@example.com @alice.example
 * ```
 */
export function parseUsers(text: string, file: string): LoadedUsers {
  const users = new Map<string, User>()
  for (const [at, line] of text.split('\n').entries()) {
    const wrong = (because: string): LoadedUsers => ({ kind: 'wrong', because: `${file}:${at + 1}: ${because}` })
    const user = parseLine(line)
    if (user === undefined) continue
    if (typeof user === 'string') return wrong(user)
    if (users.has(user.name)) return wrong(`${user.name} is there already`)
    users.set(user.name, user)
  }
  return { kind: 'loaded', users }
}

/** A user, what is wrong with the line, or nobody. */
export function parseLine(line: string): User | string | undefined {
  const [name, ...fields] = line.split(/[ \t\r]+/).filter((word) => word !== '')
  if (name === undefined || name.startsWith('#')) return undefined
  if (!isUserName(name)) return 'the name cannot be a user name'
  const records: CredentialRecord[] = []
  const senders: string[] = []
  for (const field of fields)
    if (field.includes('@')) {
      const sender = senderKey(field)
      if (sender === undefined) return `${field} is no address and no @domain`
      senders.push(sender)
    } else {
      const record = parseRecord(field)
      // It may be a password.
      if (record === undefined) return 'a field is no record of a password and no address'
      records.push(record)
    }
  return records.length === 0 ? 'there is no record of a password' : { name, records, senders }
}

/** The line of a user. */
export function formatUser({ name, records, senders }: User): string {
  return [name, ...records.map(formatRecord), ...senders].join(' ')
}

/** Names that a line can hold and a client can send. */
export function isUserName(name: string): boolean {
  return name.length <= 255 && !/^#|\s/.test(name) && name !== '' && prepareStored(name) === name
}

/** An address, or `@example.com`, in the form it is compared in; `undefined` for anything else. */
export function senderKey(text: string): string | undefined {
  if (text.startsWith('@')) {
    const domain = parseDomain(text.slice(1), true)
    return domain && `@${domainKey(domain)}`
  }
  const mailbox = parseMailbox(text, { ...addressLimits, utf8: true })
  return mailbox && addressKey(mailbox)
}

/** Two addresses are one if these are: ASCII case does not count. */
export function addressKey({ localPart, domain }: Mailbox): string {
  return `${asciiLower(localPart)}@${domainKey(domain)}`
}
