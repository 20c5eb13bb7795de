import type { NextHopKey } from '@angarium/queue'
import type { Route } from './route.ts'

/**
 * Names mail hosts of the best preference, whatever the order of their records. Of more than fit, the first by name stand
 * for all: sets that agree in so many count as one.
 */
export function hostsKey(hosts: readonly string[]): NextHopKey {
  let key = ''
  for (const host of [...hosts].sort()) {
    if (key.length + host.length >= MOST) break
    key += key === '' ? host : ` ${host}`
  }
  return key
}

/** Names where a configured route leads. */
export function routeKey({ protocol, host, port }: Route): NextHopKey {
  return `${protocol} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Longer than any host name. */
const MOST = 512
