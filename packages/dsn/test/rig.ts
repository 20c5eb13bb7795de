import { readFileSync } from 'node:fs'
import { type Header, readHeader } from '@angarium/imf-parser'
import { type ComposedReport, composeReport, type Report } from '../src/index.ts'

export const vectors = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T[]

/** Octets of a text whose characters are octets. */
export const octets = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0))

/** The text whose characters are the octets. */
export function characters(of: Uint8Array): string {
  let text = ''
  for (const octet of of) text += String.fromCharCode(octet)
  return text
}

export const utf8 = (of: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(of)

/** Counts up: another boundary each time, the same in each run. */
export function counting(): { bytes(count: number): Uint8Array } {
  let next = 0
  return { bytes: (count) => Uint8Array.from({ length: count }, () => next++ & 0xff) }
}

/** One part of a multipart content: its header and the octets of its body. */
export interface Part {
  readonly header: Header
  readonly type: string
  readonly encoding: string
  readonly body: Uint8Array
}

/** Takes a report apart as a MIME reader does, knowing only the boundary its header names. */
export function partsOf({ content }: ComposedReport): { header: Header; parts: Part[] } {
  const header = readHeader(content)
  const boundary = /boundary="([^"]+)"/.exec(header.first('Content-Type')?.text ?? '')?.[1]
  if (boundary === undefined || header.end.kind !== 'end') throw new Error('no boundary')
  const [, ...pieces] = characters(header.end.rest).split(`\r\n--${boundary}`)
  if (pieces.pop() !== '--\r\n') throw new Error('no end')
  return {
    header,
    parts: pieces.map((piece) => {
      const part = octets(piece.replace(/^\r\n/, ''))
      const read = readHeader(part)
      if (read.end.kind !== 'end') throw new Error('no body')
      return {
        header: read,
        type: read.first('Content-Type')?.text ?? '',
        encoding: read.first('Content-Transfer-Encoding')?.text ?? '7bit',
        body: read.end.rest,
      }
    }),
  }
}

/** The groups of fields in a delivery-status part: the first about the message, the others one a recipient. */
export function groupsOf(body: Uint8Array): [name: string, value: string][][] {
  return characters(body)
    .split('\r\n\r\n')
    .map((group) => {
      const header = readHeader(octets(`${group}\r\n`))
      if (header.fields.length !== header.pieces.length) throw new Error('not all of it is fields')
      return header.fields.map((field) => [field.name, field.text])
    })
}

export const moment: number = Date.UTC(2026, 10, 23, 9, 30)

export const plain: Report = {
  reportingHost: 'mx.example.com',
  reversePath: 'alice@a.example',
  parameters: [],
  recipients: [
    {
      address: 'bob@b.example',
      parameters: [],
      action: 'failed',
      reply: { code: 550, status: '5.1.1', text: ['No such user'], peer: 'mail.b.example' },
    },
  ],
  content: { octets: octets('From: alice@a.example\r\nSubject: hello\r\n\r\nHello.\r\n'), complete: true },
  now: moment,
  random: counting(),
}

export function compose(change: Partial<Report>): ComposedReport & ReturnType<typeof partsOf> {
  const composed = composeReport({ ...plain, random: counting(), ...change })
  if (composed === undefined) throw new Error('no report')
  return { ...composed, ...partsOf(composed) }
}
