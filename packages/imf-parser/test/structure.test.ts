import { describe, expect, it } from 'vitest'
import { sectionOf } from '../src/mime/section.ts'
import { readStructure, type StructureLimits, StructureScanner, structureLimits } from '../src/mime/structure.ts'
import { octets, vectors } from './rig.ts'

interface Vector {
  readonly name: string
  readonly content: string
  readonly entities: readonly {
    readonly section: string
    readonly form: string
    readonly type: string
    readonly header: string
    readonly body: string
    readonly preamble?: string
    readonly epilogue?: string
  }[]
}

const cases = vectors<Vector>('structures')

/** The structure of what comes in these chunks; each is written over once it was looked at. */
function scan(chunks: readonly string[], limits: StructureLimits = structureLimits) {
  const scanner = new StructureScanner(limits)
  for (const chunk of chunks) {
    const own = octets(chunk)
    scanner.push(own)
    own.fill(0x2d)
  }
  const { entities, fault } = scanner.finish()
  const text = chunks.join('')
  return {
    fault,
    entities: entities.map((entity) => {
      const { form, type, start, headerEnd, bodyStart, end, firstDelimiter, epilogue } = entity
      expect(end).toBeGreaterThanOrEqual(bodyStart)
      return {
        section: sectionOf(entity),
        form,
        type: `${type.type}/${type.subtype}`,
        header: text.slice(start, headerEnd),
        body: text.slice(bodyStart, end),
        ...(firstDelimiter !== undefined && { preamble: text.slice(bodyStart, firstDelimiter) }),
        ...(epilogue !== undefined && { epilogue: text.slice(epilogue, end) }),
      }
    }),
  }
}

describe('structure', () => {
  it.each(cases)('$name', ({ content, entities }) => {
    expect(scan([content])).toEqual({ entities, fault: undefined })
  })

  it('is the same wherever chunks are cut', () => {
    for (const { name, content, entities } of cases) {
      expect(scan([...content]).entities, name).toEqual(entities)
      for (let at = 0; at <= content.length; at++)
        expect(scan([content.slice(0, at), content.slice(at)]).entities, `${name} at ${at}`).toEqual(entities)
    }
  })

  it('tells what stands within seals', () => {
    const content =
      'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: 1\r\n\r\nx\r\n--b--\r\n'
    expect(readStructure(octets(content), structureLimits).entities.map(({ sealed }) => sealed)).toEqual([
      false,
      true,
      true,
    ])
  })

  it('keeps no type of more than 16 KiB', () => {
    const type = (octets: number): string => 'Content-Type: a/b; c='.padEnd(octets - 2, 'd')
    expect(scan([`${type(16_384)}\r\n\r\n`]).entities[0]?.type).toBe('a/b')
    expect(scan([`${type(16_385)}\r\n\r\n`]).entities[0]?.type).toBe('text/plain')
  })

  describe('limits', () => {
    const nested = (count: number): string => 'Content-Type: message/rfc822\r\n\r\n'.repeat(count)
    const mixed = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'

    it.each([
      { fault: 'too-deep', content: nested(3), limits: { depth: 2 }, entities: 3 },
      { fault: undefined, content: nested(3), limits: { depth: 3 }, entities: 4 },
      { fault: 'too-deep', content: nested(100_000), limits: {}, entities: 101 },
      { fault: 'too-many-parts', content: `${mixed}--b\r\n\r\n--b\r\n\r\nx`, limits: { parts: 2 }, entities: 2 },
      { fault: undefined, content: `${mixed}--b\r\n\r\n--b\r\n\r\nx`, limits: { parts: 3 }, entities: 3 },
      { fault: 'too-many-parts', content: mixed + '--b\r\n'.repeat(100_000), limits: {}, entities: 1000 },
      { fault: 'too-many-fields', content: `${'A: 1\r\n'.repeat(1001)}\r\n`, limits: {}, entities: 0 },
      { fault: 'header-too-long', content: `A: ${'x'.repeat(1_048_576)}`, limits: {}, entities: 0 },
      { fault: 'header-too-long', content: `${mixed}--b\r\nA: ${'x'.repeat(1_048_576)}`, limits: {}, entities: 1 },
    ])('$fault, found $entities', ({ fault, content, limits, entities }) => {
      for (const chunks of [[content], content.match(/[\s\S]{1,999}/g) ?? []]) {
        const read = scan(chunks, { ...structureLimits, ...limits })
        expect({ fault: read.fault, entities: read.entities.length }).toEqual({ fault, entities })
      }
    })
  })
})
