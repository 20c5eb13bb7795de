import { decodeXtext, encodeXtext } from '@angarium/smtp-wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DsnError,
  decodeUnitext,
  encodeUnitext,
  formatEnvid,
  formatNotify,
  formatOrcpt,
  formatRet,
  type Notify,
  parseEnvid,
  parseNotify,
  parseOrcpt,
  parseRet,
} from '../src/index.ts'
import { vectors } from './rig.ts'

const badParameter = expect.objectContaining({ name: 'DsnError', code: 'BAD_PARAMETER' })
const text = fc.string({ unit: 'binary' }).map((one) => one.toWellFormed())

describe('xtext', () => {
  it.each(vectors<{ text?: string; xtext: string; written?: string }>('xtext'))(
    '$xtext',
    ({ text, xtext, written }) => {
      expect(decodeXtext(xtext)).toBe(text)
      if (text !== undefined) expect(encodeXtext(text)).toBe(written ?? xtext)
    },
  )

  it('says any text', () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(encodeXtext(one)).toMatch(/^[!-~]*$/)
        expect(decodeXtext(encodeXtext(one))).toBe(one)
      }),
    )
  })
})

describe('unitext', () => {
  interface Row {
    address?: string
    ascii: string
    utf8: string
    encoded?: string
  }
  it.each(vectors<Row>('unitext'))('$address $encoded', ({ address, ascii, utf8, encoded }) => {
    if (address === undefined) return expect(decodeUnitext(encoded ?? '')).toBeUndefined()
    expect(encodeUnitext(address)).toBe(ascii)
    expect(encodeUnitext(address, true)).toBe(utf8)
    expect(decodeUnitext(ascii)).toBe(address)
    expect(decodeUnitext(utf8)).toBe(address)
  })

  it('says any address', () => {
    fc.assert(
      fc.property(
        text.filter((one) => one !== '' && !/\p{Cc}/u.test(one)),
        fc.boolean(),
        (one, utf8) => {
          expect(decodeUnitext(encodeUnitext(one, utf8))).toBe(one)
        },
      ),
    )
  })
})

describe('NOTIFY', () => {
  it.each(vectors<{ value: string; notify?: Notify; written?: string }>('notify'))(
    '$value',
    ({ value, notify, written }) => {
      expect(parseNotify(value)).toEqual(notify)
      if (notify !== undefined) expect(formatNotify(notify)).toBe(written ?? value)
    },
  )

  it('has a value', () => {
    expect(parseNotify(undefined)).toBeUndefined()
  })
})

describe('RET', () => {
  it('is FULL or HDRS in any case of letters', () => {
    expect(parseRet('FULL')).toBe('full')
    expect(parseRet('hdrs')).toBe('headers')
    for (const value of [undefined, '', 'HEADERS', 'FULL ', 'FULL,HDRS']) expect(parseRet(value)).toBeUndefined()
    expect(formatRet('full')).toBe('FULL')
    expect(formatRet('headers')).toBe('HDRS')
  })
})

describe('ENVID', () => {
  it.each(vectors<{ value: string; id?: string; written?: string }>('envid'))('$value', ({ value, id, written }) => {
    expect(parseEnvid(value)).toBe(id)
    if (id !== undefined) expect(formatEnvid(id)).toBe(written ?? value)
  })

  it('is refused where it cannot be carried', () => {
    expect(parseEnvid(undefined)).toBeUndefined()
    for (const id of ['a\r\nb', '\u00fc', '\0', '+'.repeat(34), 'a'.repeat(101)])
      expect(() => formatEnvid(id)).toThrowError(badParameter)
  })
})

describe('the sizes every server must take', () => {
  it('are taken', () => {
    expect(parseEnvid('+20'.repeat(33).padEnd(100, 'x'))).toHaveLength(34)
    expect(parseNotify('SUCCESS,FAILURE,DELAY,DELAY,DELAY')).toEqual({ success: true, failure: true, delay: true })
    expect(parseOrcpt('rfc822;'.padEnd(500, 'x'))?.address).toHaveLength(493)
    expect(parseOrcpt('rfc822;'.padEnd(501, 'x'))).toBeUndefined()
  })
})

describe('ORCPT', () => {
  interface Row {
    value: string
    type?: string
    address?: string
    written?: string
  }
  it.each(vectors<Row>('orcpt'))('$value', ({ value, type, address, written }) => {
    if (type === undefined || address === undefined) return expect(parseOrcpt(value)).toBeUndefined()
    expect(parseOrcpt(value)).toEqual({ type, address })
    expect(formatOrcpt({ type, address })).toBe(written ?? value)
  })

  it('may be UTF-8 for a peer that takes it', () => {
    expect(formatOrcpt({ type: 'utf-8', address: 'j\u00f6rg+x@b.example' }, true)).toBe(
      'utf-8;j\u00f6rg\\x{2B}x@b.example',
    )
  })

  it('is refused where it cannot be carried', () => {
    for (const type of ['', 'a b', 'a;b', '\u00fc', 'a=b'])
      expect(() => formatOrcpt({ type, address: 'a@b.example' })).toThrowError(badParameter)
    for (const address of ['j\u00f6rg@b.example', 'a\r\nb', 'a'.repeat(494)])
      expect(() => formatOrcpt({ type: 'rfc822', address })).toThrowError(badParameter)
    expect(parseOrcpt(undefined)).toBeUndefined()
  })
})

describe('DsnError', () => {
  it('is told by name and code', () => {
    const error = new DsnError('BAD_HOST', 'the reporting host is no host name', { host: '' })
    expect(DsnError.is(error, 'BAD_HOST')).toBe(true)
    expect(DsnError.is(error, 'BAD_ADDRESS')).toBe(false)
    expect(DsnError.is(new Error('x'), 'BAD_HOST')).toBe(false)
  })
})
