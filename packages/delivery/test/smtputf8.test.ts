import { eightBitMime, pipelining, smtpUtf8 } from '@angarium/esmtp-extensions'
import type { AnyExtension } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { hosts, rig, run } from './rig.ts'
import { server } from './server.ts'

const all = [pipelining, eightBitMime, smtpUtf8]
const seven = 'Subject: b\r\n\r\nbody\r\n'
const eight = 'Subject: b\r\n\r\nb\u00f6dy\r\n'

describe('SMTPUTF8', () => {
  const utf8 = [['SMTPUTF8', undefined] as const, ['BODY', '8BITMIME'] as const]
  const there = 'there.example'
  const wide = `Subject: \u00f6\r\n\r\nbody\r\n`

  async function deliver(offers: readonly AnyExtension[], from: string, to: readonly string[], content: string) {
    const made = await rig({ extensions: all })
    hosts(made.zone, there, '192.0.2.1')
    const mx = server(made, '192.0.2.1', offers)
    await made.put({ from, to: to.map((name) => `${name}@${there}`), parameters: utf8, content })
    await run(made)
    const outcomes = made.lines('relayed', 'failed').filter(({ recipient }) => String(recipient).endsWith(there))
    return { mx, made, outcomes: outcomes.map(({ recipient, status }) => [recipient, status]) }
  }

  it('is asked for where the server offers it', async () => {
    const { mx, outcomes } = await deliver(all, '\u00e4@sender.example', ['\u00f6'], wide)
    expect(outcomes).toEqual([[`\u00f6@${there}`, undefined]])
    expect(mx.heard[0]?.mail).toContain('SMTPUTF8')
  })

  it('is not needed by a message in ASCII, whatever its sender said', async () => {
    const { mx, outcomes } = await deliver([eightBitMime], 'ada@sender.example', ['a'], eight)
    expect(outcomes).toEqual([[`a@${there}`, undefined]])
    expect(mx.heard[0]?.mail).toBe('<ada@sender.example> BODY=8BITMIME')
  })

  it('is missed by exactly the recipients that need it', async () => {
    const { mx, made, outcomes } = await deliver([eightBitMime], 'ada@here.example', ['a', '\u00f6', 'b'], eight)
    expect(outcomes).toEqual([
      [`a@${there}`, undefined],
      [`b@${there}`, undefined],
      [`\u00f6@${there}`, '5.6.7'],
    ])
    expect(mx.heard[0]?.rcpt).toEqual([`<a@${there}>`, `<b@${there}>`])
    expect(made.mail[0]?.text).toContain('Status: 5.6.7')
  })

  it('is looked for at all hosts, and waited for where one could not say', async () => {
    const made = await rig({ extensions: all })
    hosts(made.zone, there, '192.0.2.1', '192.0.2.2')
    const first = server(made, '192.0.2.1', [eightBitMime])
    const second = server(made, '192.0.2.2', all)
    await made.put({ to: [`a@${there}`, `\u00f6@${there}`], parameters: utf8, content: eight })
    await made.put({ to: [`b@${there}`], parameters: utf8, content: wide })
    await run(made)
    expect(first.heard.map(({ rcpt }) => rcpt)).toEqual([[`<a@${there}>`]])
    expect(second.heard.map(({ rcpt }) => rcpt.length)).toEqual([1, 1])

    const down = await rig({ extensions: all })
    hosts(down.zone, there, '192.0.2.1', '192.0.2.2')
    server(down, '192.0.2.2', [eightBitMime])
    await down.put({ to: [`a@${there}`, `\u00f6@${there}`], parameters: utf8, content: eight })
    await run(down)
    expect(down.lines('relayed')).toMatchObject([{ recipient: `a@${there}` }])
    expect(down.lines('deferred')).toMatchObject([{ recipient: `\u00f6@${there}`, status: '4.4.1' }])
  })

  it('is missed by a recipient’s address before its header is looked at', async () => {
    const { mx, outcomes } = await deliver([eightBitMime], 'ada@here.example', ['\u00f6'], wide)
    expect(outcomes).toEqual([[`\u00f6@${there}`, '5.6.7']])
    expect(mx.heard).toEqual([])
  })

  it.each([
    ['its sender', '\u00e4@sender.example', seven, '5.6.7'],
    ['its header', 'ada@here.example', wide, '5.6.9'],
  ])('is missed by all recipients where %s needs it', async (_, from, content, status) => {
    const { mx, outcomes } = await deliver([eightBitMime], from, ['a', 'b'], content)
    expect(outcomes).toEqual([
      [`a@${there}`, status],
      [`b@${there}`, status],
    ])
    expect(mx.heard).toEqual([])
  })

  it('is not needed by a domain, which has A-labels', async () => {
    for (const [offers, mail, rcpt] of [
      [[eightBitMime], '<ada@xn--snder-gra.example> BODY=8BITMIME', '<a@xn--bcher-kva.example>'],
      [all, '<ada@s\u00e4nder.example> BODY=8BITMIME SMTPUTF8', '<a@b\u00fccher.example>'],
    ] as const) {
      const made = await rig({ extensions: [eightBitMime, smtpUtf8] })
      hosts(made.zone, 'xn--bcher-kva.example', '192.0.2.1')
      const mx = server(made, '192.0.2.1', offers)
      await made.put({
        from: 'ada@s\u00e4nder.example',
        to: ['a@b\u00fccher.example'],
        parameters: utf8,
        content: eight,
      })
      await run(made)
      expect(mx.heard).toMatchObject([{ mail, rcpt: [rcpt] }])
    }
  })
})

describe('a report about a message beyond ASCII', () => {
  const parameters = [['SMTPUTF8', undefined] as const, ['BODY', '8BITMIME'] as const]
  const content = 'Subject: \u00f6\r\n\r\nb\u00f6dy\r\n'

  it.each([
    [
      'with SMTPUTF8',
      [eightBitMime, smtpUtf8],
      '<> BODY=8BITMIME',
      /Content-Type: message\/global\r\n.*Subject: \u00c3\u00b6\r\n/s,
    ],
    ['with 8BITMIME alone', [eightBitMime], '<>', /Content-Type: message\/global\r\n(?!.*Subject: \u00c3)/s],
    ['that takes 7-bit only', [], '<>', /Content-Type: message\/global\r\n(?!.*Subject: \u00c3)/s],
  ] as const)('goes to a host %s', async (_, offers, mail, text) => {
    const made = await rig({ extensions: all })
    hosts(made.zone, 'sender.example', '192.0.2.1')
    const home = server(made, '192.0.2.1', offers)
    await made.put({ from: 'ada@sender.example', to: ['a@gone.example'], parameters, content })
    await run(made)
    expect(home.heard.map((one) => one.mail)).toEqual([mail])
    expect(home.heard[0]?.content).toMatch(text)
    expect(/[^\0-\x7f]/.test(home.heard[0]?.content ?? '')).toBe(offers.length > 1)
  })

  it('goes nowhere where the address of its sender does not go', async () => {
    const made = await rig({ extensions: all })
    hosts(made.zone, 'sender.example', '192.0.2.1')
    const home = server(made, '192.0.2.1', [eightBitMime])
    await made.put({ from: '\u00e4da@sender.example', to: ['a@gone.example'], parameters, content })
    await run(made)
    expect(home.heard).toEqual([])
    expect(made.lines('double-bounce')).toMatchObject([{ recipient: '\u00e4da@sender.example', status: '5.6.7' }])
  })
})
