import { connectQueue, createDispatcher, serveDeliveries, serveQueue } from '@angarium/queue-socket'
import { checkQueue, createSqliteStore } from '@angarium/queue-sqlite'
import { createDialer, createTlsContext, listen, nodeClock, nodeRandom, type TlsContext } from '@angarium/smtp-node'
import type { Drivers } from '@angarium/station'

/** This machine, by Node, and the embedded store. */
export const drivers: Drivers<TlsContext> = {
  clock: nodeClock,
  random: nodeRandom,
  createTlsContext,
  createDialer,
  listen,
  sharing: { connect: connectQueue, serve: serveQueue, dispatch: createDispatcher, work: serveDeliveries },
  createStore: (options) => createSqliteStore({ ...options, random: nodeRandom }),
  checkQueue: (options, how) => checkQueue({ ...options, random: nodeRandom }, how),
}
