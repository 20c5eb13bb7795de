import { type Answer, type DecodedPacket, decode as decodePacket } from 'dns-packet'
import { classIn, type Edns, headerOctets, type Message, type MessageRecord, noFlags } from '../../message/message.ts'
import { type ReadName, readName } from '../../name/name.ts'
import { normalRecord } from '../../record/normal.ts'
import { typeName } from '../../record/record.ts'
import { extendedError, flagBits } from './header.ts'

/**
 * `MessageCodec.decode`: dns-packet throws on most of what is broken, and the checks in here on the rest.
 *
 * They are needed because dns-packet reads by what it expects, not by the length each record states, takes records and
 * options that reach behind the message's end as short ones, and makes text of names, in which a dot inside a label
 * looks like the end of one. So the message is walked a second time by its lengths, which must come to the same
 * records, and its names are read on that walk.
 */
export function decode(octets: Uint8Array): Message | undefined {
  try {
    return read(Buffer.from(octets.buffer, octets.byteOffset, octets.length))
  } catch {
    return undefined
  }
}

function read(octets: Buffer): Message {
  expect(countsFit(octets))
  const packet = decodePacket(octets)
  const bits = packet.flags ?? 0
  const walk: Walk = { octets, at: headerOctets }
  const questions = (packet.questions ?? []).map(() => readQuestion(walk))
  const answers = readSection(walk, packet.answers)
  const authorities = readSection(walk, packet.authorities)
  const edns = readAdditionals(walk, packet.additionals)
  expect(walk.at === octets.length && decodePacket.bytes === octets.length)
  return {
    id: packet.id ?? 0,
    opcode: (bits >> 11) & 0xf,
    rcode: (bits & 0xf) | ((edns?.extendedRcode ?? 0) << 4),
    flags: flagsOf(packet, bits),
    questions,
    answers,
    authorities,
    edns: edns?.edns,
  }
}

/** Most records of a message. Each can name, by pointer, a name of 127 labels, so that few octets make much work. */
const maxMessageRecords = 1000

/** Whether the header announces no more than is bearable: dns-packet makes room for all of it beforehand. */
function countsFit(octets: Buffer): boolean {
  const records = octets.readUInt16BE(6) + octets.readUInt16BE(8) + octets.readUInt16BE(10)
  return octets.readUInt16BE(4) + records <= maxMessageRecords
}

function flagsOf(packet: DecodedPacket, bits: number): Message['flags'] {
  const flags = { ...noFlags, response: packet.flag_qr }
  for (const [flag, bit] of flagBits) flags[flag] = (bits & bit) !== 0
  return flags
}

/** Where the second walk is. */
interface Walk {
  readonly octets: Buffer
  at: number
}

/** A record as its own lengths place it. */
interface Place {
  readonly owner: string
  readonly type: number
  readonly class: number
  readonly start: number
  readonly end: number
}

function readQuestion(walk: Walk): Message['questions'][number] {
  const { octets } = walk
  const { name, next } = nameAt(octets, walk.at)
  walk.at = next + 4
  return { name, type: octets.readUInt16BE(next), class: octets.readUInt16BE(next + 2) }
}

function readPlace(walk: Walk): Place {
  const { octets } = walk
  const { name, next } = nameAt(octets, walk.at)
  const start = next + 10
  const end = start + octets.readUInt16BE(next + 8)
  walk.at = end
  return { owner: name, type: octets.readUInt16BE(next), class: octets.readUInt16BE(next + 2), start, end }
}

function readSection(walk: Walk, records: readonly Answer[] = []): MessageRecord[] {
  const section: MessageRecord[] = []
  for (const record of records) {
    expect(record.type !== 'OPT')
    const place = readPlace(walk)
    const type = typeName(place.type)
    if (type === undefined || place.class !== classIn) continue
    expect(record.type === type)
    const data = normalRecord(type, dataOf(walk.octets, record, place) as never)
    expect(data !== undefined)
    const ttl = 'ttl' in record && record.ttl !== undefined && record.ttl <= 0x7fffffff ? record.ttl : 0
    section.push({ owner: place.owner, type, ttl, data } as MessageRecord)
  }
  return section
}

/** The data of a record as dns-packet read it, provided that it took as many octets as the record states. */
function dataOf(octets: Buffer, record: Answer, { start, end }: Place): MessageRecord['data'] {
  const lastName = (at: number): string => {
    const { name, next } = nameAt(octets, at)
    expect(next === end)
    return name
  }
  switch (record.type) {
    case 'A':
    case 'AAAA':
      expect(end - start === (record.type === 'A' ? 4 : 16))
      return { address: record.data }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { target: lastName(start) }
    case 'MX':
      return { preference: record.data.preference ?? 0, exchange: lastName(start + 2) }
    case 'SRV': {
      const { priority = 0, weight = 0, port } = record.data
      return { priority, weight, port, target: lastName(start + 6) }
    }
    case 'TXT':
      return { strings: record.data as Buffer[], text: '' }
    case 'TLSA': {
      const { usage, selector, matchingType, certificate } = record.data
      expect(certificate.length === end - start - 3)
      return { usage, selector, matchingType, data: certificate }
    }
    case 'SOA': {
      const { serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0 } = record.data
      const server = nameAt(octets, start)
      const mailbox = nameAt(octets, server.next)
      expect(mailbox.next === end - 20)
      return { mname: server.name, rname: mailbox.name, serial, refresh, retry, expire, minimum }
    }
    default:
      throw new Error('a type that nobody asks for')
  }
}

/** Of the additional records only OPT counts, of which there may be one, owned by the root. @rfc 6891 6.1.1 */
function readAdditionals(
  walk: Walk,
  records: readonly Answer[] = [],
): { readonly edns: Edns; readonly extendedRcode: number } | undefined {
  let found: { edns: Edns; extendedRcode: number } | undefined
  for (const record of records) {
    const { owner, start, end } = readPlace(walk)
    if (record.type !== 'OPT') continue
    expect(found === undefined && owner === '.')
    const options = record.options as readonly { code: number; data: Buffer }[]
    expect(options.reduce((sum, { data }) => sum + 4 + data.length, 0) === end - start)
    const errors = options.filter(({ code, data }) => code === extendedError && data.length >= 2)
    found = {
      edns: {
        udpOctets: record.udpPayloadSize,
        version: record.ednsVersion,
        dnssec: record.flag_do,
        errors: errors.map(({ data }) => data.readUInt16BE(0)),
      },
      extendedRcode: record.extendedRcode,
    }
  }
  return found
}

function nameAt(octets: Buffer, at: number): ReadName {
  const name = readName(octets, at)
  if (name === undefined) throw new Error('no name')
  return name
}

function expect(holds: boolean): asserts holds {
  if (!holds) throw new Error('not as it has to be')
}
