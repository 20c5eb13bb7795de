import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom } from '@angarium/queue/testing'
import { createRecord, formatRecord, Secret, schemes } from '@angarium/sasl'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decoySecret } from '../src/login/decoy-secret.ts'
import { editLines } from '../src/login/edit-users.ts'
import { createPasswordChecker, type PasswordChecker } from '../src/login/password-checker.ts'
import { createUserDirectory } from '../src/login/user-directory.ts'
import { formatUser, parseLine, parseUsers } from '../src/login/users-file.ts'
import { quick, user } from './world.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'submission users-'))
  file = join(folder, 'users')
})
afterEach(() => rmSync(folder, { recursive: true }))

const record = formatRecord(createRecord(new Secret('pencil'), quick))

describe('the file of the users', () => {
  it.each([
    ['', []],
    ['# nobody\n\n  \n', []],
    [`alice ${record}`, ['alice']],
    [`alice ${record}\r\n\t bob\t${record}   bob@b.test  @c.test\n`, ['alice', 'bob']],
    [
      `alice ${record} ${formatRecord(createRecord(new Secret('x'), { ...schemes.scramSha1, iterations: 16 }))}`,
      ['alice'],
    ],
    [`josé@local.test ${record}`, ['josé@local.test']],
  ])('%j is read', (text, names) => {
    const loaded = parseUsers(text, 'u')
    expect(loaded.kind === 'loaded' && [...loaded.users.keys()]).toEqual(names)
  })

  it.each([
    ['alice', 'u:1: there is no record of a password'],
    ['alice secret', 'u:1: a field is no record of a password and no address'],
    [`# x\nalice ${record} @b@c`, 'u:2: @b@c is no address and no @domain'],
    [`alice ${record}\nalice ${record}`, 'u:2: alice is there already'],
    [`a\u0007b ${record}`, 'u:1: the name cannot be a user name'],
    [`${'x'.repeat(256)} ${record}`, 'u:1: the name cannot be a user name'],
  ])('%j is wrong', (text, because) => {
    expect(parseUsers(text, 'u')).toEqual({ kind: 'wrong', because })
  })

  it('never shows a password that was written there in clear', () => {
    expect(JSON.stringify(parseUsers('alice hunter2', 'u'))).not.toContain('hunter2')
  })

  it('is written as it is read', () => {
    const carol = user('carol', 'secret', 'sales@shop.test', '@carol.test')
    expect(parseLine(formatUser(carol))).toEqual(carol)
  })

  it('is seen anew when it changes, and stays what it was while it is wrong', () => {
    const told: object[] = []
    const log = { info: () => undefined, warn: (event: string, fields: object) => void told.push({ event, ...fields }) }
    const users = createUserDirectory(file, log)
    expect(users.find('alice')).toBeUndefined()
    writeFileSync(file, `alice ${record}\n`)
    expect(users.find('alice')).toMatchObject({ name: 'alice', senders: [] })
    writeFileSync(file, `alice ${record}\nbob\n`)
    for (const name of ['alice', 'alice']) expect(users.find(name)).toBeDefined()
    expect(told).toEqual([{ event: 'users-unusable', because: `${file}:2: there is no record of a password` }])
    editLines(file, () => [`bob ${record}`])
    expect([users.find('alice'), users.find('bob')?.name]).toEqual([undefined, 'bob'])
    rmSync(file)
    expect(users.find('bob')).toBeUndefined()
  })

  it('is replaced whole, keeps its permissions, and is changed by one at a time', () => {
    editLines(file, (lines) => [...lines, 'one'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    writeFileSync(file, '# kept\none\n')
    chmodSync(file, 0o666)
    const link = join(folder, 'link')
    symlinkSync(file, link)
    editLines(file, (lines) => {
      expect(() => editLines(file, (more) => more)).toThrow(/EEXIST/)
      return [...lines, 'two']
    })
    expect(readFileSync(file, 'utf8')).toBe('# kept\none\ntwo\n')
    expect(statSync(file).mode & 0o777).toBe(0o666)
    editLines(link, (lines) => lines)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    const fail = (): never => {
      throw new Error('no')
    }
    expect(() => editLines(file, fail)).toThrow('no')
    expect(readFileSync(file, 'utf8')).toBe('# kept\none\ntwo\n')
    expect(readdirSync(folder)).toEqual(['link', 'users'])
  })
})

describe('the thread that checks passwords', () => {
  let passwords: PasswordChecker
  const told: string[] = []
  beforeEach(() => {
    told.length = 0
    const note = (event: string): void => void told.push(event)
    passwords = createPasswordChecker({ info: note, warn: note })
  })
  afterEach(() => passwords.close())

  it('answers each question by its own records, and refuses who has none', async () => {
    const scrypt = createRecord(new Secret('pencil'), { ...schemes.scrypt, ln: 4, p: 1 })
    const { records } = user('alice', 'pencil')
    const checks = [
      passwords.check(records, new Secret('pencil')),
      passwords.check(records, new Secret('pencils')),
      passwords.check([scrypt], new Secret('pencil')),
      passwords.check([], new Secret('pencil')),
    ]
    expect(await Promise.all(checks)).toEqual(['accepted', 'refused', 'accepted', 'refused'])
  })

  it('takes no more than it can hold, and leaves nobody waiting at the end', async () => {
    const { records } = user('alice', 'pencil')
    const checks = Array.from({ length: 201 }, () => passwords.check(records, new Secret('pencil')))
    expect(await checks[200]).toBe('unavailable')
    await passwords.close()
    expect(new Set(await Promise.all(checks))).toContain('unavailable')
    expect(await passwords.check(records, new Secret('pencil'))).toBe('accepted')
    expect(told).toEqual([])
  })
})

it('the secret behind made-up salts is made once', () => {
  const secret = decoySecret(folder, createSeededRandom(1)).reveal()
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  expect(decoySecret(folder, createSeededRandom(2)).reveal()).toBe(secret)
  expect(statSync(join(folder, 'decoy-secret')).mode & 0o777).toBe(0o600)
})
