import { settled } from '@angarium/queue/testing'
import { proceed, type Refusal, reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import type { PolicyStage, RecipientPolicy, SessionFacts, StageHook, TransactionFacts } from '../src/index.ts'
import { createRig, policy } from './rig.ts'

const no: Refusal = reply(550, '7.1', 'No')
const hooks: readonly StageHook[] = ['connect', 'hello', 'mail', 'rcpt', 'dataStart', 'message']

/** Asks to send one message, and tells how far it came. */
async function attempt(stages: readonly PolicyStage[], recipients: RecipientPolicy = policy) {
  const rig = await createRig({ stages, recipients })
  const client = await rig.connect()
  const steps: readonly [StageHook, string][] = [
    ['connect', ''],
    ['hello', 'EHLO client.test\r\n'],
    ['mail', 'MAIL FROM:<s@sender.test>\r\n'],
    ['rcpt', 'RCPT TO:<alice@local.test>\r\n'],
    ['dataStart', 'DATA\r\n'],
    ['message', 'Received: x\r\n\r\nhello\r\n.\r\n'],
  ]
  const play = async (): Promise<{ at: StageHook | 'accepted'; answer: string }> => {
    let answer = ''
    for (const [at, line] of steps) {
      await client.write(line)
      answer = (await client.replies())[0] ?? ''
      if (/^[45]/.test(answer)) return { at, answer }
    }
    return { at: 'accepted', answer }
  }
  return { rig, client, played: play() }
}

/** A stage that says this at one hook. */
const at = (hook: StageHook, say: () => unknown, more: Partial<PolicyStage> = {}): PolicyStage =>
  ({ name: `${hook}-stage`, ...more, [hook]: say }) as PolicyStage

describe('a stage', () => {
  for (const hook of hooks) {
    const refusal = hook === 'connect' ? reply(554, '7.1', 'No') : no
    for (const [how, say] of [
      ['at once', () => refusal],
      ['later', async () => refusal],
    ] as const)
      it(`refuses at ${hook} ${how}`, async () => {
        const { rig, played } = await attempt([at(hook, say)])
        expect(await played).toMatchObject({ at: hook, answer: expect.stringMatching(/^55[04] /) })
        expect(rig.reception.snapshot()).toMatchObject({ refused: { [hook]: 1 }, accepted: { messages: 0 } })
        expect(rig.log).toMatchObject([{ event: 'refused', fields: { at: hook, by: `${hook}-stage`, reply: refusal } }])
        expect(await rig.entries()).toEqual([])
      })

    for (const [how, say] of [
      [
        'throws',
        () => {
          throw new Error('broken')
        },
      ],
      ['rejects', () => Promise.reject(new Error('broken'))],
    ] as const) {
      it(`that ${how} at ${hook} refuses for now`, async () => {
        const { rig, played } = await attempt([at(hook, say)])
        const temporary = hook === 'connect' ? /^421 / : /^451 /
        expect(await played).toMatchObject({ at: hook, answer: expect.stringMatching(temporary) })
        expect(rig.reception.snapshot()).toMatchObject({ policyFailures: 1, refused: { [hook]: 1 } })
        expect(rig.log[0]).toMatchObject({ event: 'policy-failed', fields: { by: `${hook}-stage`, at: hook } })
      })

      it(`that ${how} at ${hook} is passed over if it may fail`, async () => {
        const { rig, played } = await attempt([at(hook, say, { onFailure: 'proceed' })])
        expect(await played).toMatchObject({ at: 'accepted' })
        expect(rig.reception.snapshot()).toMatchObject({ policyFailures: 1, accepted: { messages: 1 } })
      })
    }

    it(`that never answers at ${hook} has failed after its deadline`, async () => {
      const { rig, played } = await attempt([at(hook, () => new Promise(() => undefined), { deadlineMs: 5_000 })])
      await rig.clock.advance(4_999)
      expect(rig.reception.snapshot().policyFailures).toBe(0)
      await rig.clock.advance(1)
      expect(await played).toMatchObject({ at: hook })
      expect(rig.reception.snapshot().policyFailures).toBe(1)
    })
  }

  for (const [how, late] of [
    ['an answer', (stage: { answer(verdict: Refusal): void }) => stage.answer(no)],
    ['a failure', (stage: { fail(error: Error): void }) => stage.fail(new Error('broken'))],
  ] as const)
    it(`is not heard once its deadline has passed: ${how}`, async () => {
      let answer = (_verdict: Refusal): void => undefined
      let fail = (_error: Error): void => undefined
      const slow = new Promise<Refusal>((resolve, reject) => {
        answer = resolve
        fail = reject
      })
      const { rig, played } = await attempt([at('mail', () => slow)])
      await rig.clock.advance(30_000)
      expect(await played).toMatchObject({ at: 'mail', answer: expect.stringMatching(/^451 /) })
      late({ answer, fail })
      await settled()
      expect(rig.reception.snapshot()).toMatchObject({ policyFailures: 1, refused: { mail: 1 } })
    })

  it('may be an object with a state of its own', async () => {
    class Once implements PolicyStage {
      readonly name = 'once'
      #asked = 0
      mail() {
        this.#asked += 1
        return this.#asked === 1 ? proceed : no
      }
    }
    const client = await (await createRig({ stages: [new Once()] })).open()
    expect(await client.say('MAIL FROM:<>')).toMatch(/^250 /)
    await client.say('RSET')
    expect(await client.say('MAIL FROM:<>')).toBe('550 5.7.1 No')
  })

  it('leaves no timer behind', async () => {
    const { rig, client, played } = await attempt(hooks.map((hook) => at(hook, async () => proceed)))
    expect(await played).toMatchObject({ at: 'accepted' })
    await client.say('QUIT')
    await client.replies()
    expect(rig.clock.timers).toBe(0)
  })
})

describe('stages', () => {
  it('are asked in order until one refuses, whether they answer at once or later', async () => {
    const asked: string[] = []
    const one = (name: string, verdict: unknown): PolicyStage =>
      ({
        name,
        mail() {
          asked.push(name)
          return verdict
        },
      }) as PolicyStage
    const { rig, played } = await attempt([
      one('a', proceed),
      one('b', Promise.resolve(proceed)),
      { name: 'silent' },
      one('c', proceed),
      one('d', Promise.resolve(no)),
      one('e', no),
    ])
    expect(await played).toEqual({ at: 'mail', answer: '550 5.7.1 No' })
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
    expect(rig.log[0]?.fields).toMatchObject({ by: 'd' })
  })

  it('see what is known at their point, and it does not change under them', async () => {
    const seen: { session?: SessionFacts[]; transactions: TransactionFacts[]; rest: unknown[] } = {
      session: [],
      transactions: [],
      rest: [],
    }
    const stage: PolicyStage = {
      name: 'watcher',
      connect(session) {
        seen.session?.push(session)
        return proceed
      },
      hello(session) {
        seen.session?.push(session)
        return proceed
      },
      mail(transaction) {
        seen.transactions.push(transaction)
        return proceed
      },
      rcpt(recipient, transaction) {
        seen.transactions.push(transaction)
        seen.rest.push(recipient)
        return proceed
      },
      dataStart(transaction) {
        seen.transactions.push(transaction)
        return proceed
      },
      message(message, transaction) {
        seen.transactions.push(transaction)
        seen.rest.push(message)
        return proceed
      },
    }
    const rig = await createRig({ stages: [stage] })
    const client = await rig.open()
    await client.send('Received: x\r\n\r\nhello\r\n', ['<alice@local.test>', '<postmaster@local.test>'])
    const [entry] = await rig.entries()
    expect(seen.session).toMatchObject([
      {
        protocol: 'smtp',
        tls: undefined,
        hello: undefined,
        peer: { address: '198.51.100.9', localAddress: '192.0.2.1' },
      },
      { protocol: 'smtp', hello: { name: 'client.test', extended: true } },
    ])
    expect(seen.transactions.map(({ recipients }) => recipients.map(({ address }) => address))).toEqual([
      [],
      [],
      ['alice@local.test'],
      ['alice@local.test', 'bob@local.test'],
      ['alice@local.test', 'bob@local.test'],
    ])
    expect(seen.transactions[0]).toMatchObject({ session: seen.session?.[1], reversePath: { localPart: 's' }, raw: [] })
    expect(seen.rest).toMatchObject([
      { address: 'alice@local.test', destination: 'local:local.test', forwardPath: { localPart: 'alice' } },
      { address: 'bob@local.test', destination: 'local:local.test', forwardPath: { localPart: 'postmaster' } },
      { id: entry?.id, octets: 22, received: 1 },
    ])
  })

  it('are not asked about a recipient the policy refuses', async () => {
    const stage: PolicyStage = {
      name: 'greylist',
      rcpt: () => {
        throw new Error('asked')
      },
    }
    const rig = await createRig({ stages: [stage] })
    const client = await rig.open()
    await client.say('MAIL FROM:<>')
    expect(await client.say('RCPT TO:<x@remote.test>')).toMatch(/^550 5\.7\.1 /)
    expect(rig.reception.snapshot().policyFailures).toBe(0)
  })

  it('a pipelined group is answered in order while a stage takes its time', async () => {
    const rig = await createRig({
      stages: [
        at('rcpt', async () => {
          await settled(3)
          return proceed
        }),
      ],
    })
    const client = await rig.open()
    await client.write(
      'MAIL FROM:<>\r\nRCPT TO:<alice@local.test>\r\nRCPT TO:<x@remote.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n',
    )
    expect((await client.replies(5)).map((one) => one.slice(0, 3))).toEqual(['250', '250', '550', '250', '354'])
    await client.write('.\r\nMAIL FROM:<>\r\n')
    expect((await client.replies(2)).map((one) => one.slice(0, 3))).toEqual(['250', '250'])
    expect((await rig.entries())[0]?.recipients).toHaveLength(2)
  })
})

describe('a recipient policy', () => {
  for (const [how, rcpt] of Object.entries({
    throws: () => {
      throw new Error('broken')
    },
    rejects: () => Promise.reject(new Error('broken')),
  }))
    it(`that ${how} refuses for now`, async () => {
      const { rig, played } = await attempt([], { rcpt })
      expect(await played).toMatchObject({ at: 'rcpt', answer: expect.stringMatching(/^451 4\.3\.0 /) })
      expect(rig.log[0]).toMatchObject({ event: 'policy-failed', fields: { by: 'recipients', at: 'rcpt' } })
    })

  it('that never answers refuses for now', async () => {
    const { rig, played } = await attempt([], { rcpt: () => new Promise(() => undefined) })
    await rig.clock.advance(30_000)
    expect(await played).toMatchObject({ at: 'rcpt', answer: expect.stringMatching(/^451 4\.3\.0 /) })
  })
})
