import { duration } from '@angarium/host'
import { sections, stationSettings, values } from '@angarium/station/configuration'
import * as z from 'zod'

const { domainName, mailbox, path, wholeNumber } = values

/** What wrong passwords cost. */
const logins = z.strictObject({
  failuresPerAddress: wholeNumber.default(20).meta({
    description: 'Log-ins that may fail within `window` from one address, or one IPv6 network of 64 bits.',
  }),
  failuresPerAccount: wholeNumber.default(100).meta({
    description: 'Log-ins that may fail within `window` for one name, whether there is such a user or not.',
  }),
  window: duration({ least: 1_000, most: 86_400_000 })
    .prefault('1h')
    .meta({ description: 'Time in which so many failures are forgotten, one after the other.' }),
  delay: duration({ least: 0, most: 20_000 })
    .prefault('1s')
    .meta({ description: 'Wait before a log-in after two failures; each further one doubles it.' }),
  maxDelay: duration({ least: 0, most: 20_000 }).prefault('10s').meta({ description: 'Longest wait.' }),
})

const extensions = sections.extensions.extend({
  hold: duration({ least: 0, most: 31_536_000_000 }).prefault('0s').meta({
    description: 'FUTURERELEASE: the longest time a message is held for who has logged in; 0s: not offered.',
  }),
})

/** The configuration file, one setting at a time. */
export const settings = stationSettings.extend({
  domains: z.array(domainName).min(1).meta({
    description: 'Domains of the users: who has no addresses of their own in `users` may send as name@domain.',
  }),
  users: path.default('./users').meta({ description: 'File of the users; see the command `user`.' }),
  mechanisms: z
    .array(z.enum(['SCRAM-SHA-256', 'PLAIN', 'LOGIN']))
    .min(1)
    .default(['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
    .meta({ description: 'Ways to log in, all of them under TLS only.' }),
  extensions: extensions.prefault({}),
  logins: logins.prefault({}),
  postmaster: mailbox
    .optional()
    .meta({ description: 'Who reads mail to Postmaster. Without it postmaster at the first of `domains`.' }),
})

/** What the configuration file says, with defaults filled in. */
export type Settings = z.output<typeof settings>
