import { stationSettings, values } from '@angarium/station/configuration'
import * as z from 'zod'
import * as sections from './sections.ts'

/** The configuration file, one setting at a time. */
export const settings = stationSettings.extend({
  listeners: z.array(sections.listener).meta({ description: 'Where mail comes in.' }),
  relayFor: sections.relayFor.default([]),
  openRelay: z
    .boolean()
    .default(false)
    .meta({ description: 'Must be true where `relayFor` has the whole world in it. Do not.' }),
  requireTls: sections.requireTls.default([]),
  postmaster: values.mailbox.optional().meta({
    description: 'Who reads mail to Postmaster where that is no mailbox. Without it <data>/postmaster, a Maildir.',
  }),
  domains: sections.domains.default({}),
  extensions: sections.extensions.prefault({}),
  proxies: sections.proxies.prefault({}),
})

/** What the configuration file says, with defaults filled in. */
export type Settings = z.output<typeof settings>
