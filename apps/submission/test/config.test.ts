import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchema, parseConfig, problemLine } from '@angarium/host'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../src/config/schema.ts'
import { settings } from '../src/config/settings.ts'
import vectors from '../vectors/config.json' with { type: 'json' }
import { certificates } from './world.ts'

const parsed = (text: string) =>
  parseConfig(
    configSchema('/etc/mail'),
    text.replace('CERTIFICATE', join(certificates, 'valid.pem')).replace('KEY', join(certificates, 'key.pem')),
    'm.yaml',
  )

describe.each(vectors)('configuration: $name', ({ text, problems = [] }) => {
  it('is taken, or refused with file, line, column, path and reason', () => {
    const result = parsed(text)
    expect(result.kind === 'wrong' ? result.problems.map(problemLine) : []).toEqual(problems)
  })
})

describe('configuration', () => {
  it('fills in defaults, with paths from the folder of the file', () => {
    const result = parsed(vectors[0]?.text ?? '')
    expect(result.kind === 'loaded' && result.value).toMatchObject({
      data: '/etc/mail/data',
      listeners: [{ address: '127.0.0.1', port: 587, tls: 'starttls' }],
      users: '/etc/mail/users',
      postmaster: 'postmaster@example.com',
      mechanisms: ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
      logins: { failuresPerAddress: 20, failuresPerAccount: 100, window: 3_600_000, delay: 1_000, maxDelay: 10_000 },
      admin: { socket: '/etc/mail/data/admin.sock' },
    })
  })

  it('is described in the README, where it differs from that of the MTA', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    for (const [name, { properties = {} }] of Object.entries(jsonSchema(settings).properties as Described))
      if (name === 'logins') for (const one of Object.keys(properties)) expect(readme).toContain(`\`logins.${one}\``)
      else expect(readme).toMatch(new RegExp(`\`${name}(\`|[.[])`))
  })
})

type Described = Record<string, { readonly properties?: Record<string, unknown> }>
