import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createWorld } from './world.ts'

const here = '192.0.2.1'
const friend = '203.0.113.5'
/** Everything a setting can switch on. */
const everything = {
  domains: { 'here.example': { maildir: './mail/{local}', mailboxes: ['alice'] } },
  relayFor: [friend],
  extensions: { etrn: ['node.example'], verify: true },
  proxies: { xclient: [friend], xforward: [friend] },
  limits: { transactions: 5 },
  offersTls: true,
}

async function session() {
  const world = createWorld()
  const { offersTls, ...settings } = everything
  await world.host(here, settings, { offersTls })
  return world.client(friend, here)
}

const folder = process.env.ANGARIUM_SHARED ?? new URL('../../../../shared', import.meta.url).pathname
const registry = `${folder}/rfc/registries/smtp-service-extensions.tsv`
const isThere = existsSync(registry)

describe('what EHLO says', () => {
  it.skipIf(!isThere)(
    `is registered, or begins with X${isThere ? '' : ' (skipped: ANGARIUM_SHARED is not at hand)'}`,
    async () => {
      const registered = new Set(
        readFileSync(registry, 'utf8')
          .split('\n')
          .map((line) => line.split('\t')[0]),
      )
      const { offers } = await session()
      expect(offers.size).toBeGreaterThan(15)
      expect([...offers.keys()].filter((keyword) => !keyword.startsWith('X') && !registered.has(keyword))).toEqual([])
    },
  )

  it('is implemented: no verb it brings is answered 500 or 502', async () => {
    const client = await session()
    const verbs = ['ETRN', 'VRFY', 'HELP', 'XCLIENT', 'XFORWARD', 'STARTTLS', 'EXPN'] as const
    const offered = verbs.filter((verb) => client.offers.has(verb))
    expect(offered).toEqual(verbs.slice(0, -1))
    for (const verb of offered) {
      const answer = await client.command(verb, verb === 'STARTTLS' ? 'now' : 'x')
      expect([verb, answer?.code]).not.toEqual([verb, 500])
      expect([verb, answer?.code]).not.toEqual([verb, 502])
    }
  })

  it('is all that is there beside the verbs that need not be said: EXPN is neither', async () => {
    const client = await session()
    expect(client.offers.has('EXPN')).toBe(false)
    expect((await client.command('EXPN', 'staff'))?.code).toBe(502)
    for (const verb of ['BURL', 'ATRN', 'TURN', 'SEND', 'SOML', 'SAML'])
      expect([500, 502]).toContain((await client.command(verb, 'x'))?.code)
  })
})
