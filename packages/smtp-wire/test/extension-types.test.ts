import { describe, expectTypeOf, it } from 'vitest'
import type {
  AnswerTo,
  DataEndEvent,
  GreetEvent,
  HelloEvent,
  MailEvent,
  MailParameters,
  PlainReply,
  RcptParameters,
  Refusal,
  Reply,
  ServerEvent,
} from '../src/index.ts'
import { defineExtension, proceed, reply, ServerSession, withoutStatus } from '../src/index.ts'

const size = defineExtension({
  name: 'size',
  rfc: 1870,
  keyword: 'SIZE',
  mail: {
    SIZE: { maxOctets: 26, parse: (text: string | undefined) => Number(text), format: (octets: number) => `${octets}` },
  },
  onMail: ({ SIZE }, { mailParameters }) => {
    expectTypeOf(SIZE).toEqualTypeOf<number | undefined>()
    expectTypeOf(mailParameters).toEqualTypeOf<Readonly<Record<string, unknown>>>()
    return proceed
  },
})
const dsn = defineExtension({
  name: 'dsn',
  rfc: 3461,
  keyword: 'DSN',
  mail: {
    RET: {
      maxOctets: 9,
      parse: (text: string | undefined) => (text === 'FULL' ? text : undefined),
      format: (ret: 'FULL') => ret,
    },
  },
  rcpt: {
    NOTIFY: {
      maxOctets: 28,
      parse: (text: string | undefined) => text?.split(','),
      format: (when: string[]) => when.join(),
    },
  },
  onRcpt: ({ NOTIFY }, { forwardPath }) => {
    expectTypeOf(NOTIFY).toEqualTypeOf<string[] | undefined>()
    return forwardPath.kind === 'postmaster' ? proceed : reply(450, '2.1', 'Later')
  },
})
const plain = defineExtension({ name: 'plain', rfc: 1, keyword: 'PLAIN' })

describe('types of a session', () => {
  it('has the parameters of the extensions it lists, and no others', () => {
    const session = new ServerSession({ hostname: 'mx.example', extensions: [size, dsn, plain], now: () => 0 })
    type X = typeof session extends ServerSession<infer X> ? X : never
    expectTypeOf<MailParameters<X>['SIZE']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<MailParameters<X>['RET']>().toEqualTypeOf<'FULL' | undefined>()
    expectTypeOf<RcptParameters<X>['NOTIFY']>().toEqualTypeOf<string[] | undefined>()
    expectTypeOf<keyof MailParameters<X>>().toEqualTypeOf<'SIZE' | 'RET'>()
    expectTypeOf<keyof RcptParameters<X>>().toEqualTypeOf<'NOTIFY'>()
    // @ts-expect-error: NOTIFY is RCPT's
    type _none = MailParameters<X>['NOTIFY']
    const event = session.poll() as ServerEvent<X>
    if (event.kind === 'mail') {
      expectTypeOf(event.parameters.SIZE).toEqualTypeOf<number | undefined>()
      // @ts-expect-error: no extension of the list has it
      event.parameters.BODY
    }
  })

  it('has none where none are listed', () => {
    expectTypeOf<keyof MailParameters<readonly []>>().toEqualTypeOf<never>()
    expectTypeOf<keyof RcptParameters<readonly [typeof size]>>().toEqualTypeOf<never>()
  })

  it('takes the answers RFC 5321 4.3.2 has at each point', () => {
    type Mail = AnswerTo<MailEvent>
    expectTypeOf<Reply<250>>().toExtend<Mail>()
    expectTypeOf<Refusal>().toExtend<Mail>()
    expectTypeOf<Reply<354>>().not.toExtend<Mail>()
    expectTypeOf<Reply<251>>().not.toExtend<Mail>()
    expectTypeOf<'go'>().not.toExtend<Mail>()
    expectTypeOf<readonly Reply<250>[]>().toExtend<AnswerTo<DataEndEvent>>()
    const session = new ServerSession({ hostname: 'mx.example', extensions: [], now: () => 0 })
    const event = session.poll()
    if (event?.kind === 'greet') {
      // @ts-expect-error: a greeting is 220 or a refusal
      const _wrong: AnswerTo<typeof event> = reply(250, undefined, 'x')
    }
  })

  it('has no enhanced status where RFC 2034 has none', () => {
    type Greet = AnswerTo<GreetEvent>
    type Hello = AnswerTo<HelloEvent>
    expectTypeOf<PlainReply<220>>().toExtend<Greet>()
    expectTypeOf<PlainReply<554>>().toExtend<Greet>()
    expectTypeOf<Reply<220>>().not.toExtend<Greet>()
    expectTypeOf<Refusal>().not.toExtend<Greet>()
    expectTypeOf<Refusal>().not.toExtend<Hello>()
    const _greet = (): Greet => reply(421, undefined, 'Busy')
    const _hello = (refusal: Refusal): Hello => withoutStatus(refusal)
    // @ts-expect-error: a greeting has no enhanced status
    const _greetWith = (): Greet => reply(421, '3.2', 'Busy')
    // @ts-expect-error: nor has the answer to a hello
    const _helloWith = (): Hello => reply(550, '7.1', 'Not you')
    expectTypeOf(reply(354, undefined, 'Go on').code).toEqualTypeOf<354>()
    // @ts-expect-error: 354 has no enhanced status
    const _354 = () => reply(354, '0.0', 'Go on')
    // @ts-expect-error: nor has 334
    const _334 = () => reply(334, '0.0', 'Go on')
  })
})
