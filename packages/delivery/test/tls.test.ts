import { settled } from '@angarium/queue/testing'
import { type Certificate, playScript, type ScriptReport } from '@angarium/smtp-wire/testing'
import { describe, expect, it } from 'vitest'
import type { TlsLevel } from '../src/index.ts'
import { type Rig, rig, session } from './rig.ts'

const clear = session({ offers: ['STARTTLS'] })
const starting = ['S: 220 mx.test', 'C: EHLO *', 'S: 250-mx.test', 'S: 250 STARTTLS', 'C: STARTTLS']
const secured = [...starting, 'S: 220 go', '-- tls', session().slice(session().indexOf('C: EHLO'))].join('\n')
const broken = [...starting, 'S: 220 go', '-- wait 10', 'S: no handshake', '-- closed'].join('\n')
const unavailable = (code: string): string =>
  [...starting, `S: ${code} not now`, session().slice(session().indexOf('C: MAIL'))].join('\n')
const refused = [...starting, 'S: 454 not now', 'C: QUIT', 'S: 221 bye'].join('\n')
const notOffered = ['S: 220 mx.test', 'C: EHLO *', 'S: 250 mx.test', 'C: QUIT', 'S: 221 bye'].join('\n')

const good: Certificate = { names: ['mx.relay.example'], trusted: true }
const foreign: Certificate = { names: ['other.example'], trusted: true }

interface Case {
  readonly name: string
  readonly level?: TlsLevel
  readonly certificate?: Certificate
  /** Connections in order, each played to its end. */
  readonly scripts: readonly string[]
  /** `clear`, or whether the certificate was verified; or the status of the deferral. */
  readonly outcome: 'clear' | 'verified' | 'unverified' | '4.7.4' | '4.7.5' | '4.4.1'
}

const cases: readonly Case[] = [
  { name: 'by MX, not offered', scripts: [session()], outcome: 'clear' },
  { name: 'by MX, offered', scripts: [secured], certificate: good, outcome: 'verified' },
  { name: 'by MX, certificate of another host', scripts: [secured], certificate: foreign, outcome: 'unverified' },
  { name: 'by MX, handshake failed: again in clear, once', scripts: [broken, clear], outcome: 'clear' },
  { name: 'by MX, refused for now: goes on in clear', scripts: [unavailable('454')], outcome: 'clear' },
  { name: 'by MX, refused for good: goes on in clear', scripts: [unavailable('502')], outcome: 'clear' },
  { name: 'none, offered', level: 'none', scripts: [clear], outcome: 'clear' },
  {
    name: 'opportunistic, offered',
    level: 'opportunistic',
    scripts: [secured],
    certificate: foreign,
    outcome: 'unverified',
  },
  { name: 'opportunistic, handshake failed', level: 'opportunistic', scripts: [broken, clear], outcome: 'clear' },
  { name: 'encrypt, offered', level: 'encrypt', scripts: [secured], certificate: foreign, outcome: 'unverified' },
  { name: 'encrypt, not offered', level: 'encrypt', scripts: [notOffered], outcome: '4.7.4' },
  { name: 'encrypt, refused', level: 'encrypt', scripts: [refused], outcome: '4.7.4' },
  { name: 'encrypt, handshake failed', level: 'encrypt', scripts: [broken], outcome: '4.7.5' },
  {
    name: 'verify, certificate of the host',
    level: 'verify',
    scripts: [secured],
    certificate: good,
    outcome: 'verified',
  },
  { name: 'verify, not offered', level: 'verify', scripts: [notOffered], outcome: '4.7.4' },
  { name: 'verify, refused', level: 'verify', scripts: [refused], outcome: '4.7.4' },
]

async function prepared(level: TlsLevel | undefined): Promise<Rig> {
  const made = await rig({
    port: 2525,
    route: () =>
      level === undefined ? undefined : { host: 'mx.relay.example', port: 2525, protocol: 'smtp', tls: level },
  })
  made.zone.set('there.example', { MX: [{ preference: 10, exchange: 'mx.relay.example' }] })
  made.zone.set('mx.relay.example', { A: ['192.0.2.1'] })
  return made
}

describe('TLS', () => {
  it.each(cases)('$name', async ({ level, scripts, certificate = good, outcome }) => {
    const made = await prepared(level)
    const failures: (string | undefined)[] = []
    let connections = 0
    made.network.listen(
      '192.0.2.1',
      2525,
      (transport) => {
        const script = scripts[connections++] ?? 'S: 421 no more'
        void playScript(transport, script, { clock: made.clock }).then(({ failure }) => failures.push(failure))
      },
      { certificate },
    )
    await made.put({ to: ['a@there.example'] })
    made.scheduler.start()
    await settled(2_000)
    await made.clock.advance(6_000)
    expect(failures).toEqual(scripts.map(() => undefined))
    const [line] = made.lines('relayed', 'deferred')
    if (outcome.startsWith('4.')) {
      expect(line).toMatchObject({ status: outcome })
      return
    }
    const tls = line?.tls as { verified: boolean } | undefined
    expect(tls === undefined ? 'clear' : tls.verified ? 'verified' : 'unverified').toBe(outcome)
  })

  it('sends nothing where the certificate is not the one asked for', async () => {
    const made = await prepared('verify')
    const script = [...starting, 'S: 220 go', '-- tls', ...notOffered.split('\n').slice(1), '-- closed'].join('\n')
    const plays: Promise<ScriptReport>[] = []
    made.network.listen(
      '192.0.2.1',
      2525,
      (transport) => void plays.push(playScript(transport, script, { clock: made.clock })),
      { certificate: foreign },
    )
    await made.put({ to: ['a@there.example'] })
    made.scheduler.start()
    await settled(2_000)
    expect(made.lines('deferred')).toMatchObject([
      { status: '4.7.5', because: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') },
    ])
    expect(made.lines('tls-failed')).toMatchObject([{ policy: 'verify', source: 'route' }])
    const [play, ...more] = await Promise.all(plays)
    expect([play?.failure, more]).toEqual([undefined, []])
  })

  it('does not share sessions between policies', async () => {
    let level: TlsLevel = 'none'
    const made = await rig({
      route: () => ({ host: 'mx.relay.example', port: 25, protocol: 'smtp', tls: level }),
    })
    made.zone.set('mx.relay.example', { A: ['192.0.2.1'] })
    const mx = made.peer('192.0.2.1', clear, secured)
    await made.put({ to: ['a@there.example'] })
    made.scheduler.start()
    await settled(2_000)
    level = 'encrypt'
    await made.put({ to: ['b@there.example'] })
    await settled(2_000)
    expect(mx.count).toBe(2)
    expect(made.lines('relayed').map(({ tls }) => tls === undefined)).toEqual([true, false])
    await made.clock.advance(5_000)
    await mx.done()
  })
})
