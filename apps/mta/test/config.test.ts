import { readFileSync } from 'node:fs'
import { jsonSchema, parseConfig, problemLine } from '@angarium/host'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../src/config/schema.ts'
import { settings } from '../src/config/settings.ts'
import vectors from '../vectors/config.json' with { type: 'json' }

describe.each(vectors)('configuration: $name', ({ text, problems, problemsAt }) => {
  it('is taken, or refused with file, line, column, path and reason', () => {
    const result = parseConfig(configSchema('/etc/mta'), text, 'm.yaml')
    const lines = result.kind === 'wrong' ? result.problems.map(problemLine) : []
    if (problemsAt === undefined) expect(lines).toEqual(problems ?? [])
    else expect(lines.map((line) => line.slice(0, line.indexOf(': ')))).toEqual(problemsAt)
  })
})

describe('configuration', () => {
  const loaded = (text: string) => {
    const result = parseConfig(configSchema('/etc/mta'), text, 'm.yaml')
    if (result.kind === 'wrong') throw new Error(result.problems.map(problemLine).join('\n'))
    return result.value
  }

  it('fills in defaults: times in milliseconds, sizes in octets, paths from the folder of the file', () => {
    expect(loaded(vectors[0]?.text ?? '')).toEqual({
      hostname: 'mx.example.com',
      data: '/etc/mta/data',
      listeners: [{ address: '127.0.0.1', port: 2525, tls: 'starttls', protocol: 'smtp' }],
      relayFor: [],
      openRelay: false,
      requireTls: [],
      postmaster: undefined,
      postmasterMaildir: '/etc/mta/data/postmaster',
      domains: {},
      routes: {},
      extensions: { without: [], modules: [], deliverByMinimum: 0, etrn: [], verify: false },
      proxies: { proxyProtocol: [], xclient: [], xforward: [] },
      dns: {},
      tls: {},
      limits: {
        messageOctets: 52_428_800,
        recipients: 1000,
        received: 100,
        connections: 1000,
        connectionsPerAddress: 50,
        errors: 20,
        idleCommands: 100,
        command: 300_000,
        contentGrace: 180_000,
        contentRate: 500,
        session: 7_200_000,
      },
      retry: { first: 300_000, max: 4_000_000, factor: 2, lifetime: 432_000_000, warnAfter: 14_400_000 },
      delivery: {
        concurrency: 200,
        perDestination: 20,
        destinations: {},
        rates: [],
        smtpPort: 25,
        connectTimeout: 30_000,
        timeouts: {
          greeting: 300_000,
          command: 300_000,
          mail: 300_000,
          rcpt: 300_000,
          data: 120_000,
          content: 180_000,
          end: 600_000,
        },
        allowLoopback: false,
        paused: false,
      },
      queue: { minFree: 67_108_864, share: false },
      log: { level: 'info' },
      admin: { socket: '/etc/mta/data/admin.sock' },
      drain: 30_000,
    })
  })

  it('reads every setting', () => {
    const config = loaded(vectors[1]?.text ?? '')
    expect(config.dns.servers).toEqual([
      { address: '127.0.0.1', port: 5353 },
      { address: '::1' },
      { address: '::1', port: 53 },
      { address: '9.9.9.9' },
    ])
    expect(config.domains).toEqual({
      'example.com': { maildir: '/etc/mta/mail/{local}', mailboxes: ['alice', 'bob'] },
      'open.example': { maildir: '/var/mail/{local}' },
    })
    expect(config.routes['*']).toEqual({ host: 'relay.example', port: 25, protocol: 'smtp', tls: 'encrypt' })
    expect(config.log.file).toBe('/etc/mta.log')
    expect(config.admin.socket).toBe('/etc/mta/admin.sock')
  })

  it('is described in the README, setting by setting', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    for (const setting of settingsOf(jsonSchema(settings))) expect(readme).toContain(`\`${setting}\``)
  })
})

interface Described {
  readonly properties?: Record<string, Described>
  readonly additionalProperties?: Described | boolean
  readonly items?: Described
}

/** `limits.errors`, `domains.*.maildir`, `listeners[].port`, from a JSON Schema. */
function settingsOf({ properties = {}, additionalProperties, items }: Described, above = ''): string[] {
  const below = Object.entries(properties).flatMap(([name, one]) =>
    settingsOf(one, above === '' ? name : `${above}.${name}`),
  )
  const named = typeof additionalProperties === 'object' ? settingsOf(additionalProperties, `${above}.*`) : []
  const listed = items?.properties === undefined ? [] : settingsOf(items, `${above}[]`)
  const all = [...below, ...named, ...listed]
  return all.length > 0 ? all : [above]
}
