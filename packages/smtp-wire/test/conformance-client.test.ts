import { describe, expect, it } from 'vitest'
import { ClientSession, type RecipientResult } from '../src/index.ts'
import { recipients, sender } from './client-fixture.ts'

/** What comes of one recipient when a server says these lines, one for each step, and what was sent. */
function told(lines: readonly string[]): { readonly result: RecipientResult | undefined; readonly sent: string } {
  const session = new ClientSession({ hostname: 'client.test', extensions: [], now: () => 0 })
  let result: RecipientResult | undefined
  let sent = ''
  const step = (): void => {
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      if (event.kind === 'ready') session.send({ reversePath: sender, recipients: recipients(1) })
      if (event.kind === 'content') session.endContent()
      if (event.kind === 'finished') result = event.recipients[0]
    }
    for (let octets = session.takeOutput(); octets !== undefined; octets = session.takeOutput())
      sent += Buffer.from(octets).toString()
  }
  step()
  for (const line of lines) {
    session.receive(Buffer.from(`${line}\r\n`))
    step()
  }
  return { result, sent }
}

const steps = ['220', '250', '250', '250', '354', '250'] as const

describe('what a reply says to the client', () => {
  it('stands in its code: without any text', () => {
    expect(told(steps)).toMatchObject({ result: { kind: 'accepted' } })
    expect(told(steps.map((code) => `${code} `))).toMatchObject({ result: { kind: 'accepted' } })
  })

  it('is not what its text says', () => {
    expect(told(steps.map((code) => `${code} 550 refused for good`))).toMatchObject({ result: { kind: 'accepted' } })
    expect(told([...steps.slice(0, 3), '550 OK, welcome'])).toMatchObject({ result: { kind: 'refused' } })
  })

  it('is its first digit, whatever the others', () => {
    expect(told(['229 a', '299 b', '288 c', '277 d', '354 e', '269 f'])).toMatchObject({ result: { kind: 'accepted' } })
    for (const code of [499, 599])
      expect(told([...steps.slice(0, 3), `${code} x`])).toMatchObject({
        result: { kind: 'refused', phase: 'rcpt', reply: { code } },
      })
  })

  it('is nothing where the first digit is none that there is', () => {
    for (const code of ['650 x', '150 x', '050 x'])
      expect(told([...steps.slice(0, 3), code])).toMatchObject({
        result: { kind: 'lost', loss: 'reply-syntax', phase: 'rcpt' },
      })
  })

  it('can be 251: the recipient is taken, and nothing is made of the address in it', () => {
    const moved = told([...steps.slice(0, 3), '251 User not local; will forward to <x@y.test>', '354', '250'])
    expect(moved).toMatchObject({ result: { kind: 'accepted' } })
    expect(moved.sent).not.toContain('y.test')
  })
})

describe('a client', () => {
  it('says nothing before it was greeted, and no command before the last was answered', () => {
    const sent = [0, 1, 2, 3, 4].map((count) => told(steps.slice(0, count)).sent.split('\r\n').length - 1)
    expect(sent).toEqual([0, 1, 2, 3, 4])
    expect(told([]).sent).toBe('')
  })

  it('opens with EHLO and the one word of its name', () => {
    expect(told(steps.slice(0, 1)).sent).toBe('EHLO client.test\r\n')
  })
})
