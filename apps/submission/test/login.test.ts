import { auth, authenticate } from '@angarium/esmtp-extensions'
import { createSaslClient, passwordClients, Secret } from '@angarium/sasl'
import { connect } from '@angarium/smtp-wire/drive'
import { describe, expect, it } from 'vitest'
import { base64, type Client, createWorld, type World } from './world.ts'

const plain = (name: string, password: string): string => `AUTH PLAIN ${base64(`\0${name}\0${password}`)}`

async function secured(world: World, from?: string): Promise<Client> {
  const client = await world.client(from === undefined ? {} : { from })
  await client.secure()
  return client
}

describe('a log-in', () => {
  it('is neither offered nor taken in clear, and no mail without one', async () => {
    const client = await (await createWorld()).client()
    const offer = await client.say('EHLO client.test')
    expect(offer).toContain('STARTTLS')
    expect(offer).not.toContain('AUTH')
    expect(await client.say(plain('alice', 'correct horse'))).toMatch(/^50[234] /)
    expect(await client.say('AUTH LOGIN')).toMatch(/^50[234] /)
    expect(await client.say('MAIL FROM:<alice@local.test>')).toMatch(/^530 5\.7\.0 /)
    expect(await client.secure()).toContain('250-AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n')
    expect(await client.say('MAIL FROM:<alice@local.test>')).toMatch(/^530 5\.7\.0 /)
  })

  it('is possible at once where TLS is there from the first octet on', async () => {
    const client = await (await createWorld()).client({ port: 465 })
    const offer = await client.say('EHLO client.test')
    expect(offer).toContain('AUTH ')
    expect(offer).not.toContain('STARTTLS')
    expect(await client.say(plain('alice', 'correct horse'))).toMatch(/^235 2\.7\.0 /)
  })

  it('by PLAIN and by LOGIN, with and without initial response', async () => {
    const world = await createWorld()
    expect(await (await secured(world)).say(plain('alice', 'correct horse'))).toMatch(/^235 /)
    const two = await secured(world)
    expect(await two.say('AUTH plain')).toBe('334 \r\n')
    expect(await two.say(base64('\0bob\0battery staple'))).toMatch(/^235 /)
    const three = await secured(world)
    expect(await three.say('AUTH LOGIN')).toMatch(/^334 /)
    expect(await three.say(base64('alice'))).toMatch(/^334 /)
    expect(await three.say(base64('correct horse'))).toMatch(/^235 /)
    expect(await three.say(plain('alice', 'correct horse'))).toMatch(/^503 /)
    const loggedIn = world.events.filter(({ event }) => event === 'logged-in').map(({ fields }) => fields)
    expect(loggedIn).toEqual([
      { peer: '198.51.100.1', identity: 'alice', mechanism: 'PLAIN' },
      { peer: '198.51.100.1', identity: 'bob', mechanism: 'PLAIN' },
      { peer: '198.51.100.1', identity: 'alice', mechanism: 'LOGIN' },
    ])
  })

  it.each([
    ['correct horse', 'authenticated'],
    ['wrong', 'refused'],
  ])('by SCRAM-SHA-256 with "%s" is %s', async (password, kind) => {
    const world = await createWorld()
    const transport = await world.network
      .dialer('198.51.100.1')
      .dial({ address: '192.0.2.1', port: 465 }, { timeout: 1 })
    await transport.startTls({ role: 'client' })
    const extensions = [auth(() => [])]
    const opening = await connect(transport, { hostname: 'client.test', extensions, clock: world.clock })
    if (opening.kind !== 'open') throw new Error('no session')
    const credentials = { authcid: 'alice', password: new Secret(password) }
    const sasl = createSaslClient(passwordClients(credentials, { leastIterations: 16 }))
    const result = await authenticate(opening.connection, sasl, { trust: 'any' })
    expect(result).toMatchObject({ kind, mechanism: 'SCRAM-SHA-256' })
  })

  it('that fails sounds the same whatever was wrong', async () => {
    const world = await createWorld()
    const client = await secured(world)
    const wrong = await client.say(plain('alice', 'tr0ubador'))
    expect(wrong).toMatch(/^535 5\.7\.8 /)
    expect(await client.say(plain('mallory', 'tr0ubador'))).toBe(wrong)
    await world.clock.advance(3_600_000)
    const other = await secured(world)
    expect(await other.say(`AUTH PLAIN ${base64('bob\0alice\0correct horse')}`)).toBe(wrong)
    expect(await other.say('MAIL FROM:<alice@local.test>')).toMatch(/^530 /)
  })

  it('that is none is told so', async () => {
    const client = await secured(await createWorld({ mechanisms: ['PLAIN'] }))
    expect(await client.say('AUTH X-MAGIC')).toMatch(/^504 5\.5\.4 /)
    expect(await client.say('AUTH LOGIN')).toMatch(/^504 /)
    expect(await client.say('AUTH PLAIN ??')).toMatch(/^501 5\.5\.2 /)
    await client.say('AUTH PLAIN')
    expect(await client.say('*')).toMatch(/^501 /)
  })
})

describe('log-ins that fail', () => {
  const limits = { failuresPerAddress: 4, failuresPerAccount: 6, window: '1h', delay: '1s', maxDelay: '3s' }
  const attacker = '203.0.113.1'

  it('make the next wait, longer and longer, and then are not looked at', async () => {
    const world = await createWorld({ logins: limits })
    const client = await secured(world, attacker)
    const waited: number[] = []
    for (let at = 0; at < 4; at++) {
      const answer = client.say(plain('alice', `guess ${at}`))
      let answered = false
      void answer.then(() => {
        answered = true
      })
      let ms = 0
      for (await world.clock.advance(0); !answered && ms < 20_000; ms += 500) await world.clock.advance(500)
      waited.push(ms)
      expect(await answer).toMatch(/^535 /)
    }
    expect(waited).toEqual([0, 0, 1_000, 2_000])
    // Right, but too late.
    expect(await client.say(plain('alice', 'correct horse'))).toMatch(/^454 4\.7\.0 /)
    expect(world.events.filter(({ event }) => event === 'login-refused')).toHaveLength(1)
    // From elsewhere the owner has to wait, and comes in.
    const owner = await secured(world, '198.51.100.1')
    const answer = owner.say(plain('alice', 'correct horse'))
    await world.clock.advance(3_000)
    expect(await answer).toMatch(/^235 /)
    await world.clock.advance(3_600_000)
    expect(await (await secured(world, attacker)).say(plain('alice', 'correct horse'))).toMatch(/^235 /)
  })

  it('count by SCRAM as well, and for who is not there', async () => {
    const world = await createWorld({ logins: { ...limits, delay: '0s', failuresPerAddress: 2 } })
    const client = await secured(world, attacker)
    for (const name of ['alice', 'mallory']) {
      const challenge = await client.say(`AUTH SCRAM-SHA-256 ${base64(`n,,n=${name},r=abc`)}`)
      const [, nonce] = /r=([^,]+)/.exec(Buffer.from(challenge.slice(4), 'base64').toString()) ?? []
      expect(await client.say(base64(`c=biws,r=${nonce},p=${base64('x'.repeat(32))}`))).toMatch(/^535 /)
    }
    expect(await client.say(plain('bob', 'battery staple'))).toMatch(/^454 /)
    expect(await (await secured(world)).say(plain('bob', 'battery staple'))).toMatch(/^235 /)
  })
})
