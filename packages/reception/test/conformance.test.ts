import { describe, expect, it } from 'vitest'
import { createRig, friend } from './rig.ts'

describe('a message is taken', () => {
  const body = '\r\nbody\r\n'
  it.each([
    ['with Resent-To and no Resent-From or Resent-Date', 'From: a@b.test\r\nResent-To: c@d.test\r\n'],
    [
      'with more Resent-From than Resent-To',
      'Resent-From: a@b.test\r\nResent-From: c@d.test\r\nResent-To: e@f.test\r\n',
    ],
    ['with trace fields that are no trace fields', 'Received: nonsense ((\r\nReceived:\r\nReturn-Path: what\r\n'],
    ['with Received fields of another world', 'Received: by mail.example via X.400 with MTP; 32 Foo 99 25:61 LMT\r\n'],
    ['without From and Date', 'Subject: nobody\r\n'],
    ['with From twice, and addresses that are none', 'From: <<>>\r\nFrom: x\r\nTo: @@\r\n'],
    ['with lines of a header that are no fields', 'this is no field\r\n: nor this\r\n'],
    [
      'with 300 recipients in its header',
      `To: ${Array.from({ length: 300 }, (_, at) => `r${at}@x.test`).join(',\r\n ')}\r\n`,
    ],
    [
      'with MIME that is broken',
      'MIME-Version: 9\r\nContent-Type: multipart/mixed\r\nContent-Transfer-Encoding: rot13\r\n',
    ],
  ])('%s, and nothing of it is changed', async (_, header) => {
    const rig = await createRig()
    const client = await rig.open()
    expect(await client.send(header + body)).toMatch(/^250 /)
    const [entry] = await rig.entries()
    expect((await rig.content(entry?.id ?? '')).endsWith(header + body)).toBe(true)
  })

  it.each(['EHLO mx.local.test', 'EHLO [192.0.2.200]', 'EHLO localhost', 'EHLO not-in-dns.invalid', 'HELO x'])(
    'whatever the client says it is: %s',
    async (hello) => {
      const rig = await createRig()
      const client = await rig.connect()
      await client.replies()
      expect(await client.say(hello)).toMatch(/^250/)
      expect(await client.send(`Subject: x\r\n${body}`)).toMatch(/^250 /)
    },
  )
})

describe('a local-part', () => {
  it('is kept in the case it came in, sender and recipient', async () => {
    const rig = await createRig()
    const client = await rig.open(friend)
    expect(await client.send('x\r\n', ['<Bob.SMITH@Elsewhere.test>'], '<aDA@Sender.test>')).toMatch(/^250 /)
    const [entry] = await rig.entries()
    expect(entry?.reversePath).toBe('aDA@Sender.test')
    expect(entry?.recipients.map(({ address }) => address)).toEqual(['Bob.SMITH@Elsewhere.test'])
  })
})

describe('a transaction', () => {
  it('takes 100 recipients at least', async () => {
    const rig = await createRig()
    const client = await rig.open()
    const all = Array.from({ length: 100 }, (_, at) => `<r${at}@any.test>`)
    expect(await client.send('x\r\n', all)).toMatch(/^250 /)
    const [entry] = await rig.entries()
    expect(entry?.recipients).toHaveLength(100)
    expect(await rig.content(entry?.id ?? '')).not.toMatch(/r\d+@any\.test/)
  })
})

describe('replies', () => {
  it('each say what they answer', async () => {
    const rig = await createRig()
    const client = await rig.open()
    expect(await client.say('MAIL FROM:<>')).toContain('Sender')
    expect(await client.say('RCPT TO:<alice@local.test>')).toContain('Recipient')
    expect(await client.say('RCPT TO:<nobody@local.test>')).toContain('mailbox')
    expect(await client.say('DATA')).toContain('mail input')
    expect(await client.say('.')).toContain('Queued')
    expect(await client.say('VRFY alice')).toContain('verify')
  })
})
