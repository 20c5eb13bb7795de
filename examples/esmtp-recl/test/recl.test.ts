import type { dsn, size } from '@angarium/esmtp-extensions'
import type { MailEvent, MailParameters, RcptParameters } from '@angarium/smtp-wire'
import { extensionCases } from '@angarium/smtp-wire/compliance'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  formatRecl,
  formatVerification,
  isVerifiedBy,
  type ReclRequest,
  readRecl,
  readVerification,
  recl,
} from '../src/index.ts'

const messageId = '<411699893-1246577932-871827273@example.org>'
const guid = 'G9Kw8iJ37Q1027msa4NbU'
const tail = `${messageId} ${guid}`

const malformed = [
  '',
  'HOLD',
  tail,
  `HOLD ${guid} ${messageId}`,
  `HOLD INFORM NO ${tail}`,
  `RELEASE  ${tail}`,
  `RECALL INFORM ${tail}`,
  `RECALL INFORM NEVER ${tail}`,
  `RECALL INFORM NO NO ${tail}`,
  `RECALL __proto__ NO ${tail}`,
  `FORGET ${tail}`,
  `RECALL ${messageId} .${guid}`,
  `RECALL ${messageId} a..b`,
  `RECALL a@b.example ${guid}`,
  `RECALL <a b@c.example> ${guid}`,
  `RECALL <a@b@c.example> ${guid}`,
  `RECALL <é@c.example> ${guid}`,
]

describe('RECL', () => {
  for (const one of extensionCases(recl, {
    verbs: { RECL: { wellFormed: [`RECALL INFORM NO ${tail}`, `HOLD ${tail}`], malformed } },
  }))
    it(one.name, () => one.run())

  it('reads all three forms the draft gives RECALL, and writes one', () => {
    const recall = (inform: string) => ({ kind: 'recall', inform, messageId, guid })
    expect(readRecl(`RECALL ${tail}`)).toEqual(recall('NO'))
    expect(readRecl(`recall inform fail ${tail}`)).toEqual(recall('FAILURE'))
    for (const inform of ['NO', 'FAILURE', 'SUCCESS', 'ALL'])
      expect(readRecl(`RECALL INFORM ${inform} ${tail}`)).toEqual(recall(inform))
  })

  it('reads what it writes', () => {
    const requests: readonly ReclRequest[] = [
      { kind: 'hold', messageId, guid },
      { kind: 'release', messageId, guid },
      { kind: 'recall', inform: 'SUCCESS', messageId, guid: 'a.b-c' },
    ]
    for (const request of requests) expect(readRecl(formatRecl(request))).toEqual(request)
  })

  it('refuses what is not in the grammar', () => {
    for (const argument of malformed) expect(readRecl(argument), argument).toBeUndefined()
  })
})

describe('Message-Verification', () => {
  it('is the draft’s own example', () => {
    expect(formatVerification(guid, 'SHA1')).toBe('hash=SHA1;guid=BAv9A56z4M0FU3T/Qn+dw7ck9bA=')
  })

  it('is verified by its secret and by no other', () => {
    for (const hash of ['SHA1', 'SHA256'] as const) {
      const verification = readVerification(formatVerification(guid, hash))
      if (verification === undefined) throw new Error('not read')
      expect([isVerifiedBy(verification, guid), isVerifiedBy(verification, `${guid}x`)]).toEqual([true, false])
    }
    for (const text of ['', 'hash=MD5;guid=AAAA', 'hash=SHA1; guid=AAAA', 'guid=AAAA;hash=SHA1', 'hash=SHA1;guid=A=A'])
      expect(readVerification(text), text).toBeUndefined()
  })
})

describe('types of a session that lists RECL', () => {
  type Listed = readonly [typeof recl, typeof size, typeof dsn]

  it('are those of the others, and nothing of RECL, which has no parameters', () => {
    expectTypeOf<MailParameters<Listed>['SIZE']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<MailParameters<Listed>>().toHaveProperty('ENVID')
    expectTypeOf<MailParameters<Listed>>().not.toHaveProperty('RECL')
    expectTypeOf<RcptParameters<Listed>>().not.toHaveProperty('RECL')
    expectTypeOf<keyof MailParameters<readonly [typeof recl]>>().toEqualTypeOf<never>()
    const read = ({ parameters }: MailEvent<Listed>): readonly unknown[] => [
      parameters.SIZE,
      // @ts-expect-error: RECL is a verb, no parameter
      parameters.RECL,
    ]
    expect(read({ parameters: {} } as MailEvent<Listed>)).toEqual([undefined, undefined])
  })
})
