import type { QueueStore } from '@angarium/queue'

/** A store's methods as plain fields, to change some of. */
export function bound(store: QueueStore): QueueStore {
  return {
    capabilities: store.capabilities,
    open: () => store.open(),
    close: () => store.close(),
    draft: (hint) => store.draft(hint),
    due: (limit) => store.due(limit),
    lease: (request) => store.lease(request),
    extend: (leases, duration) => store.extend(leases, duration),
    settle: (settlements) => store.settle(settlements),
    read: (id) => store.read(id),
    scan: (filter, after) => store.scan(filter, after),
    change: (filter, change) => store.change(filter, change),
    stats: () => store.stats(),
    onWork: (listener) => store.onWork(listener),
  }
}
