import { isAbsolute, join } from 'node:path'
import { duration } from '@angarium/host'
import * as z from 'zod'
import * as sections from './sections.ts'
import { domainName, path } from './values.ts'

/** Settings that every server has. A server extends them by its own. */
export const stationSettings = z.strictObject({
  hostname: domainName.meta({ description: 'Name of this host: in its greeting, in EHLO, in Received fields.' }),
  data: path.default('./data').meta({ description: 'Folder of the queue and the administration socket.' }),
  listeners: z.array(sections.listener).meta({ description: 'Where mail comes in.' }),
  routes: sections.routes.default({}),
  extensions: sections.extensions.prefault({}),
  proxies: sections.proxies.prefault({}),
  dns: sections.dns.prefault({}),
  tls: sections.tls.prefault({}),
  limits: sections.limits.prefault({}),
  retry: sections.retry.prefault({}),
  delivery: sections.delivery.prefault({}),
  queue: sections.queue.prefault({}),
  log: sections.log.prefault({}),
  admin: sections.admin.prefault({}),
  drain: duration({ most: 600_000 })
    .prefault('30s')
    .meta({ description: 'Time for deliveries under way to end after SIGTERM.' }),
})

/** What a configuration file says of these, with defaults filled in. */
export type StationSettings = z.output<typeof stationSettings>

/** Settings whose paths are absolute. */
export interface StationConfiguration extends StationSettings {
  readonly admin: { readonly socket: string }
}

/** Makes a path absolute, from the folder of the configuration file. */
export function pathFrom(folder: string): (path: string) => string {
  return (path) => (isAbsolute(path) ? path : join(folder, path))
}

/** The settings that have paths in them, with absolute ones. Modules that are packages stay as they are. */
export function withPaths<E extends StationSettings['extensions']>(
  value: Pick<StationSettings, 'data' | 'tls' | 'log' | 'admin' | 'queue'> & { readonly extensions: E },
  absolute: (path: string) => string,
): Pick<StationConfiguration, 'data' | 'tls' | 'log' | 'admin' | 'queue'> & { readonly extensions: E } {
  const data = absolute(value.data)
  const { certificate, key, ca } = value.tls
  const owner = value.queue.owner && absolute(value.queue.owner)
  const modules = value.extensions.modules.map((one) => ({
    ...one,
    module: one.module.startsWith('.') ? absolute(one.module) : one.module,
  }))
  return {
    data,
    extensions: { ...value.extensions, modules },
    tls: { certificate: certificate && absolute(certificate), key: key && absolute(key), ca: ca && absolute(ca) },
    log: { ...value.log, file: value.log.file && absolute(value.log.file) },
    queue: { ...value.queue, owner },
    // Of a queue that is another server's, that one is asked.
    admin: { socket: value.admin.socket ? absolute(value.admin.socket) : join(owner ?? data, 'admin.sock') },
  }
}
