import { isParameterValue } from '../command/parameters.ts'
import type { AnyExtension, ParameterCodec } from '../extension/types.ts'
import { encodeUtf8, utf8Length } from '../octets.ts'
import { type ExtensionCase, holds, quietly, same, show } from './check.ts'
import { listOf, offering, Probe } from './probe.ts'
import { type AnySamples, hostileTexts, type ParameterSample } from './samples.ts'

/** Codecs of MAIL and RCPT parameters, alone and in a session. */
export function parameterCases(extension: AnyExtension, samples: AnySamples): readonly ExtensionCase[] {
  return (['mail', 'rcpt'] as const).flatMap((command) =>
    Object.entries<ParameterCodec<unknown>>(extension[command]).flatMap(([name, codec]) => {
      const sample: ParameterSample<unknown> = samples[command]?.[name] ?? { values: [], malformed: [] }
      return casesOf({ extension, samples, command, name, codec, sample })
    }),
  )
}

interface Subject {
  readonly extension: AnyExtension
  readonly samples: AnySamples
  readonly command: 'mail' | 'rcpt'
  readonly name: string
  readonly codec: ParameterCodec<unknown>
  readonly sample: ParameterSample<unknown>
}

function casesOf(subject: Subject): readonly ExtensionCase[] {
  const { extension, samples, command, name, codec, sample } = subject
  const title = `${extension.keyword}: ${command.toUpperCase()} parameter ${name}`
  const utf8 = extension.switches.utf8 === true || (samples.beside ?? []).some(({ switches }) => switches.utf8 === true)
  return [
    {
      name: `${title} carries its values there and back, within ${codec.maxOctets} octets`,
      run() {
        holds(sample.values.length > 0, 'there is no sample of it')
        for (const value of sample.values) {
          const text = quietly(`format of ${show(value)}`, () => codec.format(value))
          same(codec.format(value), text, 'format asked twice')
          holds(text === undefined || isParameterValue(text, utf8), `${show(text)} is not a parameter's value`)
          const octets = utf8Length(written(name, text))
          holds(octets <= codec.maxOctets, `${show(text)} adds ${octets} octets to the line`)
          same(codec.parse(text), value, `parse of ${show(text)}`)
        }
      },
    },
    {
      name: `${title} takes nothing else`,
      run() {
        holds(sample.malformed.length > 0, 'there is no malformed sample of it')
        for (const text of sample.malformed) same(codec.parse(text), undefined, `parse of ${show(text)}`)
        for (const text of [...sample.malformed, ...hostileTexts]) {
          const value = quietly(`parse of ${show(text)}`, () => codec.parse(text))
          same(codec.parse(text), value, `parse of ${show(text)} asked twice`)
          if (value === undefined) continue
          const again = quietly(`format of ${show(value)}`, () => codec.format(value))
          same(codec.parse(again), value, `${show(text)} parsed, formatted and parsed`)
        }
      },
    },
    {
      name: `${title} reaches the owner of a session, or is refused by the extension`,
      run() {
        for (const value of sample.values) {
          const { replies, events } = ready(subject).hear(octetsOf(line(subject, codec.format(value))))
          const code = replies[0]?.code ?? 0
          same(replies.length, 1, `replies to ${show(value)}`)
          const told = events.find((event) => event.kind === 'mail' || event.kind === 'rcpt')
          if (told === undefined) holds(code >= 400 && code !== 501 && code !== 555, `${show(value)} got ${code}`)
          else same((told.parameters as Readonly<Record<string, unknown>>)[name], value, 'the value told')
        }
      },
    },
    {
      name: `${title} gets 501 where it is malformed`,
      run() {
        for (const text of sample.malformed) {
          // What no parameter may be does not come as far as the codec.
          if (text !== undefined && !isParameterValue(text, utf8)) continue
          if (utf8Length(written(name, text)) <= codec.maxOctets) refused(ready(subject), line(subject, text), 501)
        }
      },
    },
    {
      name: `${title} gets 555 where the extension is not offered`,
      run() {
        const text = codec.format(sample.values[0])
        const others = listOf(extension, samples).filter((one) => one !== extension && !needs(one, extension))
        const without = new Probe(others, samples.offeredIn)
        without.hello()
        refused(begun(without, subject), line(subject, text), 555)
        if (samples.offeredIn?.lmtp === true) return
        const plain = new Probe(listOf(extension, samples), samples.offeredIn)
        plain.ask('HELO client.example')
        refused(begun(plain, subject), line(subject, text), 555)
      },
    },
  ]
}

const needs = (one: AnyExtension, other: AnyExtension): boolean => one.requires.includes(other.keyword)

/** A session in which the command is next. */
const ready = (subject: Subject): Probe => begun(offering(subject.extension, subject.samples), subject)

function begun(probe: Probe, { command }: Subject): Probe {
  if (command === 'rcpt') same(probe.ask('MAIL FROM:<ada@client.example>').code, 250, 'MAIL')
  return probe
}

/** The command is refused so, and costs the next one nothing. */
function refused(probe: Probe, text: string, code: number): void {
  same(probe.ask(text).code, code, `reply to ${show(text)}`)
  same(probe.ask('NOOP').code, 250, 'NOOP behind it')
}

const octetsOf = (text: string): Uint8Array => encodeUtf8(`${text}\r\n`)

function line({ command, name }: Subject, text: string | undefined): string {
  return `${command === 'mail' ? 'MAIL FROM' : 'RCPT TO'}:<ada@client.example>${written(name, text)}`
}

const written = (name: string, text: string | undefined): string => ` ${name}${text === undefined ? '' : `=${text}`}`
