import { isAbsolute, join } from 'node:path'
import type * as z from 'zod'
import { contradictions } from './contradictions.ts'
import { type Settings, settings } from './settings.ts'

/** The configuration file as a whole. Paths in it are taken from `folder`; in the program they are absolute. */
export function configSchema(folder: string): z.ZodType<Configuration> {
  return settings
    .transform((value) => withPaths(value, (path) => (isAbsolute(path) ? path : join(folder, path))))
    .check(({ value, issues }) => {
      for (const { path, message } of contradictions(value))
        issues.push({ code: 'custom', input: value, path, message })
    })
}

/** Settings with absolute paths, the names in them as maps. */
export interface Configuration extends Settings {
  readonly admin: { readonly socket: string }
  /** The Maildir of Postmaster where that is no mailbox. */
  readonly postmasterMaildir: string
}

function withPaths(value: Settings, absolute: (path: string) => string): Configuration {
  const data = absolute(value.data)
  const { certificate, key, ca } = value.tls
  const entries = Object.entries(value.domains)
  return {
    ...value,
    data,
    domains: Object.fromEntries(entries.map(([name, one]) => [name, { ...one, maildir: absolute(one.maildir) }])),
    extensions: {
      ...value.extensions,
      modules: value.extensions.modules.map((one) => ({
        ...one,
        module: one.module.startsWith('.') ? absolute(one.module) : one.module,
      })),
    },
    tls: { certificate: certificate && absolute(certificate), key: key && absolute(key), ca: ca && absolute(ca) },
    log: { ...value.log, file: value.log.file && absolute(value.log.file) },
    admin: { socket: value.admin.socket ? absolute(value.admin.socket) : join(data, 'admin.sock') },
    postmasterMaildir: join(data, 'postmaster'),
  }
}
