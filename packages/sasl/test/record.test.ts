import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CredentialRecord,
  checkPassword,
  createRecord,
  formatRecord,
  hasArgon2,
  parseRecord,
  SaslError,
  type Scheme,
  Secret,
  schemes,
  verifierOf,
} from '../src/index.ts'
import { must, vectors } from './rig.ts'

/** Cheap parameters: what they cost is no matter here. */
const scram: Scheme = { kind: 'scram', hash: 'SHA-256', iterations: 10 }
const scram1: Scheme = { kind: 'scram', hash: 'SHA-1', iterations: 10 }
const scrypt: Scheme = { kind: 'scrypt', ln: 4, r: 1, p: 1 }
const argon2id: Scheme = { kind: 'argon2id', memory: 8, passes: 1, parallelism: 1 }
const password = new Secret('pencil')
const wrong = new Secret('pencils')

const { good, bad } = vectors<{
  readonly good: readonly { readonly name: string; readonly password: string; readonly record: string }[]
  readonly bad: readonly { readonly name: string; readonly record: string }[]
}>('records')

describe.each(good)('$name', (vector) => {
  const record = must(parseRecord(vector.record))
  const missing = record.kind === 'argon2id' && !hasArgon2

  it('is written as it was read', () => {
    expect(formatRecord(record)).toBe(vector.record)
  })

  it.skipIf(missing)('takes its password and no other (Argon2 needs Node 24)', () => {
    expect(checkPassword([record], new Secret(vector.password), [record])).toEqual({ accepted: true })
    expect(checkPassword([record], wrong, [record])).toEqual({ accepted: false })
  })
})

it.each(bad)('no record: $name', ({ record }) => {
  expect(parseRecord(record)).toBeUndefined()
})

it('a record cut anywhere is none, or one of another password', () => {
  for (const { record, password: right } of good.filter((one) => hasArgon2 || !one.record.startsWith('$argon2'))) {
    for (let length = 0; length < record.length; length++) {
      const cut = parseRecord(record.slice(0, length))
      if (cut === undefined || cut.kind === 'argon2id') continue
      expect(checkPassword([cut], new Secret(right), [scram]).accepted).toBe(
        cut.kind !== 'scram' && isPrefix(cut, record),
      )
    }
  }
})

/** scrypt's output is a stream: a shorter key is the beginning of the longer one. */
function isPrefix(cut: CredentialRecord, record: string): boolean {
  return record.startsWith(formatRecord(cut))
}

describe('making', () => {
  const makes = (scheme: Scheme): void => {
    const record = createRecord(password, scheme)
    expect(parseRecord(formatRecord(record))).toEqual(record)
    expect(createRecord(password, scheme)).not.toEqual(record)
    expect(checkPassword([record], password, [scheme])).toEqual({ accepted: true })
    expect(checkPassword([record], wrong, [scheme])).toEqual({ accepted: false })
  }
  it.each([scram, scram1, scrypt])('$kind $hash', makes)
  it.skipIf(!hasArgon2)('argon2id, where the runtime has it', () => makes(argon2id))

  it('schemes for new records keep to their limits', () => {
    for (const scheme of Object.values(schemes)) {
      if (scheme.kind === 'argon2id' && !hasArgon2) continue
      expect(parseRecord(formatRecord(createRecord(password, scheme)))).toBeDefined()
    }
  })

  it.each([
    { ...scram, iterations: 0 },
    { ...scram, iterations: 1.5 },
    { ...scrypt, ln: 23 },
    { ...argon2id, memory: 1 },
  ] as Scheme[])('refuses parameters out of their limits (%#)', (scheme) => {
    expect(() => createRecord(password, scheme)).toThrow('out of its limits')
    expect(() => checkPassword([], password, [scheme])).toThrow('out of its limits')
  })

  it.each(['', '\u0007', '\u{1f511}', '\u00ad'])('refuses a password that may not be stored (%#)', (text) => {
    const make = () => createRecord(new Secret(text), scram)
    expect(make).toThrow(SaslError)
    expect(make).toThrow('the password')
  })

  it('prepares the password', () => {
    const record = createRecord(new Secret('p\u00adencil'), scram)
    expect(checkPassword([record], password, [scram]).accepted).toBe(true)
  })
})

describe('after log-in', () => {
  it('other parameters, missing and superfluous records lead to new ones', () => {
    const old = createRecord(password, { ...scram, iterations: 9 })
    const { accepted, upgraded = [] } = checkPassword([old], password, [scram, scram1])
    expect(accepted).toBe(true)
    expect(upgraded).toMatchObject([scram, scram1])
    expect(checkPassword(upgraded, password, [scram, scram1])).toEqual({ accepted: true })
    expect(checkPassword(upgraded, password, [scram]).upgraded).toEqual(upgraded.slice(0, 1))
    const moved = checkPassword(upgraded, password, [scrypt, scram])
    expect(moved.upgraded).toMatchObject([scrypt, scram])
    expect(moved.upgraded?.[1]).toBe(upgraded[0])
  })

  it('a wrong password changes nothing', () => {
    expect(checkPassword([createRecord(password, scrypt)], wrong, [scram])).toEqual({ accepted: false })
  })

  it('nobody has no password', () => {
    expect(checkPassword([], password, [scrypt])).toEqual({ accepted: false })
  })
})

it('finds the verifier of a hash', () => {
  const record = createRecord(password, scram1)
  const records = [createRecord(password, scrypt), record]
  expect(verifierOf(records, 'SHA-1')).toBe(record)
  expect(verifierOf(records, 'SHA-256')).toBe('unknown')
})

it('reading never throws', () => {
  const pieces = fc.constantFrom(
    '$',
    'SCRAM-SHA-256',
    'scrypt',
    'argon2id',
    'v=19',
    'ln=1',
    ',',
    'r=8',
    ':',
    'AAAA',
    '=',
    '9',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 30 }).map((all) => all.join('')),
        fc.string(),
      ),
      (text) => {
        const record = parseRecord(text)
        if (record !== undefined) expect(parseRecord(formatRecord(record))).toEqual(record)
      },
    ),
    { numRuns: 2000 },
  )
})
