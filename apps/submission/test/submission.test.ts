import { describe, expect, it } from 'vitest'
import { base64, type Client, createWorld, user, type World } from './world.ts'

async function loggedIn(world: World, name = 'alice', password = 'correct horse'): Promise<Client> {
  const client = await world.client()
  await client.secure()
  expect(await client.say(`AUTH PLAIN ${base64(`\0${name}\0${password}`)}`)).toMatch(/^235 /)
  return client
}

const content = (report: { readonly contents: readonly Uint8Array[] }): string =>
  new TextDecoder().decode(report.contents[0])

describe('the submission server', () => {
  it('relays a user’s mail to anywhere, says who it is from, and makes lines of what comes with LF alone', async () => {
    const world = await createWorld()
    const heard = world.elsewhere()
    const client = await loggedIn(world)
    expect(await client.say('MAIL FROM:<alice@local.test>')).toMatch(/^250 /)
    expect(await client.say('RCPT TO:<carol@remote.test>')).toMatch(/^250 /)
    expect(await client.say('DATA')).toMatch(/^354 /)
    const lines = 'Subject: t\r\n\r\nx\n.\r\nMAIL FROM:<boss@local.test>\r\ny\n'
    expect(await client.say(`${lines}\r\n.`)).toMatch(/^250 2\.0\.0 Queued as /)
    await world.clock.advance(10_000)
    const report = await heard
    expect(report.failure).toBeUndefined()
    // As it went over the wire: a dot before the dot.
    const mail = content(report)
    expect(mail).toMatch(/^Received: from client\.test[\s\S]*\n\tby mail\.local\.test with ESMTPSA id /)
    expect(mail.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(mail).toMatch(/\r\n\r\nx\r\n\.\.\r\nMAIL FROM:<boss@local\.test>\r\ny\r\n/)
    expect(world.events.find(({ event }) => event === 'accepted')?.fields).toMatchObject({ identity: 'alice' })
    expect(await world.store.stats()).toMatchObject({ accepted: 1, relayed: 1, messages: 0 })
  })

  it.each([
    ['alice', 'alice@local.test', true],
    ['alice', 'Alice@LOCAL.test', true],
    ['alice', '', true],
    ['alice', 'bob@local.test', false],
    ['alice', 'alice@remote.test', false],
    ['carol', 'carol@local.test', false],
    ['carol', 'sales@shop.test', true],
    ['carol', 'anybody@carol.test', true],
    ['carol', 'anybody@sub.carol.test', false],
    ['dave@own.test', 'dave@own.test', true],
    ['dave@own.test', 'dave@local.test', false],
    ['no address', 'alice@local.test', false],
  ])('%s may send as <%s>: %s', async (name, sender, allowed) => {
    const world = await createWorld()
    world.users.set('carol', user('carol', 'secret', 'sales@shop.test', '@carol.test'))
    for (const one of ['dave@own.test', 'no address']) world.users.set(one, user(one, 'secret'))
    const client = await loggedIn(world, name, name === 'alice' ? 'correct horse' : 'secret')
    expect(await client.say(`MAIL FROM:<${sender}>`)).toMatch(allowed ? /^250 / : /^550 5\.7\.1 /)
  })

  it('tells users with names beyond ASCII what did not work', async () => {
    const world = await createWorld()
    world.users.set('josé', user('josé', 'secret'))
    world.network.disturb('192.0.2.2', { dial: 'refuse' })
    const client = await loggedIn(world, 'josé', 'secret')
    expect(await client.say('MAIL FROM:<josé@local.test> SMTPUTF8 BY=1;R')).toMatch(/^250 /)
    expect(await client.say('RCPT TO:<carol@remote.test>')).toMatch(/^250 /)
    await client.say('DATA')
    expect(await client.say('Subject: t\r\n\r\nt\r\n.')).toMatch(/^250 /)
    await world.clock.advance(6 * 86_400_000)
    expect(world.events.find(({ event }) => event === 'reported')).toBeDefined()
  })

  it('takes nothing more from who is no user any more', async () => {
    const world = await createWorld()
    const client = await loggedIn(world)
    world.users.delete('alice')
    expect(await client.say('MAIL FROM:<alice@local.test>')).toMatch(/^530 /)
  })

  it('takes mail for Postmaster, and none for other names of its own', async () => {
    const world = await createWorld({ delivery: { paused: true } })
    const client = await loggedIn(world)
    await client.say('MAIL FROM:<alice@local.test>')
    expect(await client.say('RCPT TO:<Postmaster>')).toMatch(/^250 /)
    expect(await client.say('RCPT TO:<nobody@mail.local.test>')).toMatch(/^550 5\.1\.1 /)
    expect(await client.say('DATA')).toMatch(/^354 /)
    expect(await client.say('Subject: t\r\n\r\nt\r\n.')).toMatch(/^250 /)
    for await (const entry of world.store.scan())
      expect(entry).toMatchObject({ recipients: [{ address: 'postmaster@local.test', destination: 'local.test' }] })
  })

  it('holds mail that is for later', async () => {
    const world = await createWorld({ extensions: { hold: '1d' } })
    const heard = world.elsewhere()
    const client = await loggedIn(world)
    expect(await client.say('EHLO client.test')).toContain('FUTURERELEASE 86400 ')
    expect(await client.say('MAIL FROM:<alice@local.test> HOLDFOR=3600')).toMatch(/^250 /)
    expect(await client.say('RCPT TO:<carol@remote.test>')).toMatch(/^250 /)
    expect(await client.say('DATA')).toMatch(/^354 /)
    expect(await client.say('Subject: t\r\n\r\nt\r\n.')).toMatch(/^250 /)
    await world.clock.advance(3_500_000)
    expect(await world.store.stats()).toMatchObject({ queued: 1, relayed: 0 })
    await world.clock.advance(110_000)
    expect((await heard).failure).toBeUndefined()
    expect(await world.store.stats()).toMatchObject({ relayed: 1, messages: 0 })
  })

  it('holds mail only where a setting says so', async () => {
    expect(await (await loggedIn(await createWorld())).say('EHLO client.test')).not.toContain('FUTURERELEASE')
  })
})
