import { describe, expect, it } from 'vitest'
import type { EsmtpParameter, ReportRecipient } from '../src/index.ts'
import { characters, compose, groupsOf, moment, octets, plain, vectors } from './rig.ts'

interface Row {
  what: string
  rfc: string
  mail?: EsmtpParameter[]
  age?: number
  content?: string
  /** `willRetryUntil` counts from now. */
  recipients: (Omit<ReportRecipient, 'offered'> & { offered?: string[] })[]
  subject: string
  header?: Record<string, string | null>
  about?: Record<string, string | null>
  groups: Record<string, string>[]
  groupsLack?: string[]
  returned: string
  envelope: [string, string | null][]
  says?: string[]
  saysNot?: string[]
}

describe('a report', () => {
  it.each(vectors<Row>('composed'))('$rfc: $what', (row) => {
    const { header, parts, envelope } = compose({
      parameters: row.mail ?? [],
      ...(row.age !== undefined && { arrival: moment - row.age * 1000 }),
      recipients: row.recipients.map(({ offered, willRetryUntil, ...one }) => ({
        ...one,
        address: one.address ?? 'bob@b.example',
        ...(offered && { offered: new Set(offered) }),
        ...(willRetryUntil !== undefined && { willRetryUntil: moment + willRetryUntil }),
      })),
      content: row.content === undefined ? plain.content : { octets: octets(row.content), complete: true },
    })
    expect(header.first('Subject')?.text).toBe(`Delivery Status Notification (${row.subject})`)
    for (const [name, value] of Object.entries(row.header ?? {}))
      expect(header.all(name).map(({ text }) => text)).toEqual(value === null ? [] : [value])
    const [about = {}, ...groups] = groupsOf(parts[1]?.body ?? octets('')).map(
      (group): Record<string, string> => Object.fromEntries(group),
    )
    for (const [name, value] of Object.entries(row.about ?? {})) expect(about[name]).toBe(value ?? undefined)
    expect(groups).toHaveLength(row.groups.length)
    for (const [i, group] of row.groups.entries()) expect(groups[i]).toMatchObject(group)
    for (const name of row.groupsLack ?? []) for (const group of groups) expect(group).not.toHaveProperty([name])
    expect(parts[2]?.type).toBe(row.returned)
    expect(envelope.parameters).toEqual(row.envelope.map(([keyword, value]) => [keyword, value ?? undefined]))
    const text = characters(parts[0]?.body ?? octets('')).replace(/\s+/g, ' ')
    let at = 0
    for (const words of row.says ?? []) {
      expect(text.slice(at)).toContain(words)
      at = text.indexOf(words, at)
    }
    for (const words of row.saysNot ?? []) expect(text).not.toContain(words)
  })
})
