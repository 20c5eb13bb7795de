import { formatParameters, type RawParameter } from '../command/parameters.ts'
import type { AnyExtension, ParameterCodec } from '../extension/types.ts'
import { encodeUtf8 } from '../octets.ts'
import { type ExtensionCase, same } from './check.ts'
import { offering } from './probe.ts'
import type { AnySamples, ParameterSample } from './samples.ts'

/** A whole transaction with the extension's parameters, cut everywhere. */
export function sessionCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  return [
    {
      name: `${extension.keyword}: a transaction is the same wherever its octets are cut`,
      run() {
        const lines = [
          `MAIL FROM:<ada@client.example>${formatParameters(firsts(extension.mail, samples.mail))}`,
          `RCPT TO:<bob@mx.example>${formatParameters(firsts(extension.rcpt, samples.rcpt))}`,
        ]
        const whole = play(extension, samples, lines, Number.POSITIVE_INFINITY)
        for (let piece = 1; piece <= PIECES; piece++)
          same(play(extension, samples, lines, piece), whole, `in pieces of ${piece} octets`)
      },
    },
  ]
}

/** Replies and events of these lines, each fed in pieces of so many octets. */
function play(
  extension: AnyExtension,
  samples: AnySamples,
  lines: readonly string[],
  piece: number,
): readonly unknown[] {
  const probe = offering(extension, samples)
  const record: unknown[] = []
  for (const line of lines) {
    const octets = encodeUtf8(`${line}\r\n`)
    const size = Math.min(piece, octets.length)
    for (let at = 0; at < octets.length; at += size) {
      const { replies, events } = probe.hear(octets.subarray(at, at + size))
      record.push(...replies, ...events)
    }
  }
  return record
}

function firsts(
  codecs: Readonly<Record<string, ParameterCodec<unknown>>>,
  samples: Readonly<Record<string, ParameterSample<unknown> | undefined>> = {},
): readonly RawParameter[] {
  return Object.entries(codecs).flatMap(([name, codec]): readonly RawParameter[] => {
    const [value] = samples[name]?.values ?? []
    return value === undefined ? [] : [[name, codec.format(value)]]
  })
}

const PIECES = 12
