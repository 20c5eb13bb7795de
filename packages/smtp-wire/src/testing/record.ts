import type { Transport } from '../drive/transport.ts'

/** What passed at one end of a connection. */
export interface Recording {
  /** The transport to use instead. */
  readonly transport: Transport
  /** In the order it passed here, copied. */
  readonly passed: readonly Passed[]
}

/** One read or write. */
export interface Passed {
  readonly way: 'in' | 'out'
  readonly octets: Uint8Array
  /** It passed under TLS. */
  readonly secured: boolean
}

/** Writes down what passes through a transport. */
export function record(transport: Transport): Recording {
  const passed: Passed[] = []
  const note = (way: 'in' | 'out', octets: Uint8Array): void => {
    passed.push({ way, octets: octets.slice(), secured: transport.tls !== undefined })
  }
  return {
    passed,
    transport: {
      get peer() {
        return transport.peer
      },
      get tls() {
        return transport.tls
      },
      async read() {
        const octets = await transport.read()
        if (octets !== undefined) note('in', octets)
        return octets
      },
      write(octets) {
        note('out', octets)
        return transport.write(octets)
      },
      startTls: (options) => transport.startTls(options),
      close: () => transport.close(),
      destroy: () => transport.destroy(),
    },
  }
}
