import { join } from 'node:path'
import type { OwnedSince } from '@angarium/delivery'
import { domainKey, parseMailbox } from '@angarium/smtp-wire'

/** A domain delivered here. */
export interface MailDomain {
  /** Path of a Maildir; `{local}` stands for the mailbox's name. */
  readonly maildir: string
  /** Names of the mailboxes; absent: any that is safe as a folder's name. */
  readonly mailboxes?: readonly string[] | undefined
  /** Since when mailboxes have had their owners, by name; `*`: those that are not named. */
  readonly owners?: Readonly<Record<string, OwnedSince>> | undefined
}

/** Which mailboxes there are, and where. */
export interface Mailboxes {
  /** `domain` in lower case, the local-part as the peer spelled it, without quoting. */
  has(domain: string, localPart: string): boolean
  /** The Maildir of an address; `undefined`: there is no such mailbox. */
  folder(address: string): string | undefined
  /** Since when a mailbox has had its owner; absent where nobody wrote down any. */
  ownedSince?(address: string): OwnedSince
}

/**
 * Knows the mailboxes of the local domains, by domain in lower case. Names are compared without regard to ASCII case.
 * `postmaster` is the Maildir of Postmaster where no domain has one for it.
 */
export function createMailboxes(
  domains: ReadonlyMap<string, MailDomain>,
  postmaster: { readonly address: string; readonly maildir: string },
): Mailboxes {
  const named = new Map(
    [...domains].map(([domain, { mailboxes }]) => [domain, mailboxes && new Set(mailboxes.map(folded))]),
  )
  const owners = new Map(
    [...domains].flatMap(([domain, { owners }]) =>
      owners === undefined
        ? []
        : [[domain, new Map(Object.entries(owners).map(([name, since]) => [folded(name), since]))]],
    ),
  )
  const has = (domain: string, localPart: string): boolean => {
    const name = folderName(localPart)
    if (name === undefined || !domains.has(domain)) return false
    return named.get(domain)?.has(name) ?? true
  }
  return {
    has,
    folder(address) {
      const mailbox = parseMailbox(address)
      if (mailbox === undefined) return undefined
      const domain = domainKey(mailbox.domain)
      const name = folderName(mailbox.localPart)
      const { maildir } = domains.get(domain) ?? {}
      if (name !== undefined && maildir !== undefined && has(domain, name))
        return join(maildir.replaceAll('{local}', name))
      return folded(address) === folded(postmaster.address) ? postmaster.maildir : undefined
    },
    ...(owners.size > 0 && {
      ownedSince(address: string): OwnedSince {
        const mailbox = parseMailbox(address)
        const known = mailbox && owners.get(domainKey(mailbox.domain))
        return (mailbox && known?.get(folded(mailbox.localPart))) ?? known?.get('*') ?? 'unknown'
      },
    }),
  }
}

/**
 * A local-part as the name of a folder: ASCII letters, digits and `._+=-`, beginning with a letter, a digit or `_`, in
 * lower case. Anything else could leave the folder it belongs in, or hide in it, and has no mailbox.
 */
export function folderName(localPart: string): string | undefined {
  const name = folded(localPart)
  return /^[a-z0-9_][a-z0-9._+=-]{0,63}$/.test(name) ? name : undefined
}

function folded(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
