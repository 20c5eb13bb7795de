import {
  type Answer,
  DNSSEC_OK,
  encode as encodePacket,
  type OptAnswer,
  type Packet,
  type Question as PacketQuestion,
  type RecordType,
} from 'dns-packet'
import {
  classIn,
  type Edns,
  type Flags,
  type Message,
  type MessageRecord,
  type Question,
} from '../../message/message.ts'
import { wireName } from '../../name/name.ts'
import { typeName } from '../../record/record.ts'
import { extendedError, flagBits } from './header.ts'

/** `MessageCodec.encode`: dns-packet throws on what cannot be written, and so do the checks in here. */
export function encode(message: Message): Uint8Array | undefined {
  try {
    const octets = encodePacket(packetOf(message))
    return octets.length > 0xffff ? undefined : octets
  } catch {
    return undefined
  }
}

function packetOf({ id, opcode, rcode, flags, questions, answers, authorities, edns }: Message): Packet {
  return {
    type: flags.response ? 'response' : 'query',
    id,
    flags: (opcode << 11) | setBits(flags) | (rcode & 0xf),
    questions: questions.map(questionOf),
    answers: answers.map(answerOf),
    authorities: authorities.map(answerOf),
    additionals: edns === undefined ? [] : [optOf(edns, rcode)],
  }
}

function questionOf({ name, type, class: asked }: Question): PacketQuestion {
  if (asked !== classIn) throw new Error('not of the Internet')
  return { name: plainName(name), type: (typeName(type) ?? `UNKNOWN_${type}`) as RecordType }
}

function setBits(flags: Flags): number {
  let bits = 0
  for (const [flag, bit] of flagBits) if (flags[flag]) bits |= bit
  return bits
}

function answerOf(record: MessageRecord): Answer {
  const common = { name: plainName(record.owner), ttl: record.ttl }
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return { ...common, type: record.type, data: record.data.address }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...common, type: record.type, data: plainName(record.data.target) }
    case 'MX':
      return { ...common, type: 'MX', data: { ...record.data, exchange: plainName(record.data.exchange) } }
    case 'SRV':
      return { ...common, type: 'SRV', data: { ...record.data, target: plainName(record.data.target) } }
    case 'TXT':
      return { ...common, type: 'TXT', data: record.data.strings.map((octets) => Buffer.from(octets)) }
    case 'TLSA':
      return { ...common, type: 'TLSA', data: { ...record.data, certificate: Buffer.from(record.data.data) } }
    case 'SOA': {
      const { mname, rname } = record.data
      return { ...common, type: 'SOA', data: { ...record.data, mname: plainName(mname), rname: plainName(rname) } }
    }
  }
}

function optOf(edns: Edns, rcode: number): OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: edns.udpOctets,
    extendedRcode: rcode >> 4,
    ednsVersion: edns.version,
    flags: edns.dnssec ? DNSSEC_OK : 0,
    flag_do: edns.dnssec,
    // Any code is written when its data is given, but the types name only a few.
    options: edns.errors.map((error) => ({
      code: extendedError,
      data: Buffer.of(error >> 8, error & 0xff),
    })) as unknown as OptAnswer['options'],
  }
}

/**
 * A name as dns-packet takes it: labels parted by dots, without escapes. It throws for octets that would come out as
 * something else.
 */
function plainName(name: string): string {
  const wire = wireName(name)
  if (wire === undefined) throw new Error('no name')
  const labels: string[] = []
  for (let at = 0; wire[at] !== 0; at += 1 + (wire[at] ?? 0)) {
    const octets = wire.subarray(at + 1, at + 1 + (wire[at] ?? 0))
    if (octets.some((octet) => octet < 0x20 || octet > 0x7e || octet === DOT || octet === BACKSLASH))
      throw new Error('no plain name')
    labels.push(String.fromCharCode(...octets))
  }
  return labels.join('.') || '.'
}

const DOT = 0x2e
const BACKSLASH = 0x5c
