import { duration } from '@angarium/host'
import * as z from 'zod'
import * as sections from './sections.ts'
import { domainName, mailbox, path } from './values.ts'

/** The configuration file, one setting at a time. */
export const settings = z.strictObject({
  hostname: domainName.meta({ description: 'Name of this host: in its greeting, in EHLO, in Received fields.' }),
  data: path.default('./data').meta({ description: 'Folder of the queue and the administration socket.' }),
  listeners: z.array(sections.listener).min(1).meta({ description: 'Where mail comes in.' }),
  relayFor: sections.relayFor.default([]),
  openRelay: z
    .boolean()
    .default(false)
    .meta({ description: 'Must be true where `relayFor` has the whole world in it. Do not.' }),
  postmaster: mailbox.optional().meta({
    description: 'Who reads mail to Postmaster where that is no mailbox. Without it <data>/postmaster, a Maildir.',
  }),
  domains: sections.domains.default({}),
  routes: sections.routes.default({}),
  extensions: sections.extensions.prefault({}),
  proxies: sections.proxies.prefault({}),
  dns: sections.dns.prefault({}),
  tls: sections.tls.prefault({}),
  limits: sections.limits.prefault({}),
  retry: sections.retry.prefault({}),
  delivery: sections.delivery.prefault({}),
  log: sections.log.prefault({}),
  admin: sections.admin.prefault({}),
  drain: duration({ most: 600_000 })
    .prefault('30s')
    .meta({ description: 'Time for deliveries under way to end after SIGTERM.' }),
})

/** What the configuration file says, with defaults filled in. */
export type Settings = z.output<typeof settings>
