import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aliasParameters, type EsmtpParameter, listParameters, parseNotify, reportable } from '../src/index.ts'
import { plain, vectors } from './rig.ts'

interface AliasRow {
  what: string
  rfc: string
  address: string
  members: number
  rcpt: EsmtpParameter[]
  sent: EsmtpParameter[]
}

describe('members of an alias', () => {
  it.each(vectors<AliasRow>('alias'))('$rfc: $what', ({ address, members, rcpt, sent }) => {
    const before = structuredClone(rcpt)
    expect(aliasParameters({ address, parameters: rcpt }, members)).toEqual(sent)
    expect(rcpt).toEqual(before)
  })

  it('are asked for success, or the alias is reported on, and never both', () => {
    const notify = fc.subarray(['SUCCESS', 'FAILURE', 'DELAY'], { minLength: 1 }).map((words) => words.join(','))
    fc.assert(
      fc.property(notify, fc.integer({ min: 2, max: 9 }), (notify, members) => {
        const alias = { address: 'a@b.example', parameters: [['NOTIFY', notify]], action: 'expanded' } as const
        const sent = parseNotify(aliasParameters(alias, members).find(([keyword]) => keyword === 'NOTIFY')?.[1])
        const wished = parseNotify(notify)
        expect(sent).toEqual({ ...wished, success: false })
        expect(reportable(plain, [alias]).length === 1).toBe(wished?.success)
      }),
    )
  })
})

describe('members of a list', () => {
  it.each(vectors<{ what: string; rfc: string; mail: EsmtpParameter[]; sent: EsmtpParameter[] }>('list'))(
    '$rfc: $what',
    ({ mail, sent }) => {
      expect(listParameters(mail)).toEqual(sent)
    },
  )
})
