import type { OwnedSince } from '@angarium/delivery'
import { sections, values } from '@angarium/station/configuration'
import * as z from 'zod'
import { folderName } from '../maildir/mailboxes.ts'

const { addressRange, domainName, path, text } = values

/** A path that may have the mailbox's name in it. */
const maildirPath = path.refine((text) => !/[{}]/.test(text.replaceAll('{local}', '')), {
  error: 'knows one placeholder: {local}',
})

/** A mailbox of a local domain. */
const mailboxName = text(
  'cannot be the name of a folder: use letters, digits and ._+=- only',
  (name) => folderName(name) !== undefined,
)

export const listener = sections.listener.extend({
  protocol: z.enum(['smtp', 'lmtp']).default('smtp').meta({ description: 'What is spoken there.' }),
})

/** A day alone is taken to its end: until then somebody else may have had the mailbox. @rfc 7293 3 */
const ownedSince = z.string().transform((text, context): OwnedSince => {
  if (text === 'first-owner') return text
  if (z.iso.date().safeParse(text).success) return Date.parse(`${text}T23:59:59.999Z`)
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return Date.parse(text)
  context.issues.push({
    code: 'custom',
    input: text,
    message: 'expected a day such as 2026-01-31, a time such as 2026-01-31T12:00:00Z, or first-owner',
  })
  return z.NEVER
})

/** A domain that is delivered here. */
const domain = z.strictObject({
  maildir: maildirPath.meta({ description: 'The Maildir of a mailbox; {local} stands for its name.' }),
  mailboxes: z.array(mailboxName).optional().meta({
    description: 'Names of the mailboxes. Without it, every local-part that is safe as a folder name has one.',
  }),
  owners: z
    .record(z.union([z.literal('*'), mailboxName]), ownedSince)
    .optional()
    .meta({
      description: 'RRVS: since when a mailbox has had its owner; first-owner: since ever; "*" is for all others.',
    }),
})

export const extensions = sections.extensions.extend({
  etrn: z.array(domainName).default([]).meta({ description: 'ETRN: domains whose waiting mail may be asked for.' }),
  verify: z
    .boolean()
    .default(false)
    .meta({ description: 'VRFY tells whether a mailbox is here. Whoever asks can guess your mailboxes.' }),
})

export const proxies = sections.proxies.extend({
  xclient: z.array(addressRange).default([]).meta({ description: 'XCLIENT: proxies that say who their client is.' }),
  xforward: z.array(addressRange).default([]).meta({ description: 'XFORWARD: filters that say where mail came from.' }),
})

export const relayFor = z.array(addressRange).meta({
  description: 'Addresses whose clients may send anywhere; by default nobody.',
})

export const requireTls = z.array(addressRange).meta({
  description: 'Addresses whose clients must use TLS; by default nobody.',
})

export const domains = z.record(domainName, domain).meta({ description: 'Domains whose mail is delivered here.' })
