import { formatAddress, parseAddress } from '../name/address.ts'
import { normalName } from '../name/name.ts'
import type { RecordOf, RecordType, TargetRecord } from './record.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * The one form of a record, whoever made it: names and addresses in normal form, text joined from its strings, octets
 * in buffers of its own. Undefined when it has no form on the wire: a number out of range, a name or address that is
 * none, no string or one over 255 octets.
 *
 * @rfc 1035 3.3, 3.4
 * @rfc 2782
 * @rfc 3596 2.2
 * @rfc 6698 2.1
 */
export function normalRecord<T extends RecordType>(type: T, record: RecordOf<T>): RecordOf<T> | undefined {
  return normal[type](record)
}

type Normal<R> = (record: R) => R | undefined

const target: Normal<TargetRecord> = (record) => {
  const name = normalName(record.target)
  return name === undefined ? undefined : { target: name }
}

const address =
  (length: number): Normal<RecordOf<'A'>> =>
  (record) => {
    const octets = parseAddress(record.address)
    return octets?.length === length ? { address: formatAddress(octets) } : undefined
  }

const normal: { readonly [T in RecordType]: Normal<RecordOf<T>> } = {
  A: address(4),
  AAAA: address(16),
  CNAME: target,
  PTR: target,
  NS: target,
  MX({ preference, exchange }) {
    const name = normalName(exchange)
    return name === undefined || !fit(16, preference) ? undefined : { preference, exchange: name }
  },
  SRV({ priority, weight, port, target }) {
    const name = normalName(target)
    return name === undefined || !fit(16, priority, weight, port) ? undefined : { priority, weight, port, target: name }
  },
  TLSA({ usage, selector, matchingType, data }) {
    if (!fit(8, usage, selector, matchingType)) return undefined
    return { usage, selector, matchingType, data: new Uint8Array(data) }
  },
  TXT({ strings }) {
    if (strings.length === 0 || strings.some((octets) => octets.length > 255)) return undefined
    return { strings: strings.map((octets) => new Uint8Array(octets)), text: decodeUtf8(join(strings)) }
  },
  SOA({ mname, rname, serial, refresh, retry, expire, minimum }) {
    const server = normalName(mname)
    const mailbox = normalName(rname)
    if (server === undefined || mailbox === undefined) return undefined
    if (!fit(32, serial, refresh, retry, expire, minimum)) return undefined
    return { mname: server, rname: mailbox, serial, refresh, retry, expire, minimum }
  },
}

/** Whether all are whole numbers of so many bits. */
function fit(bits: number, ...values: readonly number[]): boolean {
  return values.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** bits)
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
