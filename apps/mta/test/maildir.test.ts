import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MailboxItem } from '@angarium/delivery'
import type { QueueId } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MaildirFiles, nodeFiles } from '../src/maildir/files.ts'
import { createMailboxes, folderName } from '../src/maildir/mailboxes.ts'
import { createMaildir } from '../src/maildir/maildir.ts'
import { unixLines } from '../src/maildir/unix-lines.ts'
import localParts from '../vectors/local-parts.json' with { type: 'json' }
import { FaultyFiles, systemError } from './faulty-files.ts'

const text = (octets: Iterable<number>): string => new TextDecoder().decode(Uint8Array.from(octets))

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part)
}

function item(content: AsyncIterable<Uint8Array> = chunks('Return-Path: <>\r\n', '\r\nHello.\r\n')): MailboxItem {
  return { id: '0123456789abcdfghjklmn' as QueueId, reversePath: '', address: 'alice@example.com', content }
}

function maildir(files: MaildirFiles, folder: string | undefined = '/mail/alice') {
  const paths: string[] = []
  const delivery = createMaildir({
    files,
    clock: createManualClock(1_790_000_000_999),
    random: createSeededRandom(1),
    hostname: 'mx.example.com',
    folder: (address) => (address === 'alice@example.com' ? folder : undefined),
    delivered: (path) => paths.push(path),
  })
  return { delivery, paths }
}

describe('Maildir on a real disk', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'mta-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('makes the folders, delivers whole messages, for the owner alone', async () => {
    const folder = join(root, 'deep/er/alice')
    const { delivery, paths } = maildir(nodeFiles, folder)
    expect(await delivery.deliver(item())).toEqual({ kind: 'delivered' })
    expect(await delivery.deliver(item())).toEqual({ kind: 'delivered' })
    const names = readdirSync(join(folder, 'new'))
    expect(names).toHaveLength(2)
    expect(paths.toSorted()).toEqual(names.map((name) => join(folder, 'new', name)).toSorted())
    for (const name of names) {
      expect(name).toMatch(/^1790000000\.0123456789abcdfghjklmn_[0-9a-f]{12}\.mx\.example\.com$/)
      expect(readFileSync(join(folder, 'new', name), 'utf8')).toBe('Return-Path: <>\n\nHello.\n')
      expect(statSync(join(folder, 'new', name)).mode & 0o777).toBe(0o600)
    }
    for (const part of ['', 'tmp', 'new', 'cur', '..']) expect(statSync(join(folder, part)).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
    expect(readdirSync(join(folder, 'cur'))).toEqual([])
  })

  it('delivers many at once into folders that are not there yet', async () => {
    const { delivery } = maildir(nodeFiles, join(root, 'a/b'))
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => delivery.deliver(item())))
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['delivered']))
    expect(readdirSync(join(root, 'a/b/new'))).toHaveLength(20)
  })

  it('waits where a file stands in the way', async () => {
    writeFileSync(join(root, 'alice'), '')
    const { delivery } = maildir(nodeFiles, join(root, 'alice'))
    expect(await delivery.deliver(item())).toMatchObject({ kind: 'deferred', status: '4.3.0' })
  })

  it('leaves nothing when the content cannot be read to its end', async () => {
    const folder = join(root, 'alice')
    const { delivery } = maildir(nodeFiles, folder)
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* chunks('half a mess')
      throw new Error('the queue is gone')
    }
    await expect(delivery.deliver(item(broken()))).rejects.toThrow('the queue is gone')
    for (const part of ['tmp', 'new', 'cur']) expect(readdirSync(join(folder, part))).toEqual([])
  })
})

describe('Maildir on a faulty disk', () => {
  const finished = (files: FaultyFiles): string[] =>
    [...files.contents].filter(([path]) => path.includes('/new/')).map(([, octets]) => text(octets))

  it('syncs the file before the rename, and the folder before it says so', async () => {
    const files = new FaultyFiles()
    const { delivery } = maildir(files)
    await delivery.deliver(item())
    files.calls.length = 0
    await delivery.deliver(item(chunks('a\r\n', 'b\r\n')))
    expect(files.calls.map((call) => call.replace(/\/[^/]*mx\.example\.com$/, '/*'))).toEqual([
      'create /mail/alice/tmp/*',
      'write /mail/alice/tmp/*',
      'write /mail/alice/tmp/*',
      'sync /mail/alice/tmp/*',
      'close /mail/alice/tmp/*',
      'rename /mail/alice/tmp/*',
      'syncFolder /mail/alice/new',
    ])
  })

  it('syncs the name of each new folder before anything in it counts', async () => {
    const files = new FaultyFiles()
    await maildir(files).delivery.deliver(item())
    const folders = files.calls.filter((call) => /^(makeFolder|syncFolder|rename)/.test(call))
    for (const made of ['/mail', '/mail/alice', '/mail/alice/new', '/mail/alice/cur']) {
      const at = folders.lastIndexOf(`makeFolder ${made}`)
      const parent = made.slice(0, made.lastIndexOf('/')) || '/'
      expect(folders.slice(at, folders.indexOf('makeFolder /mail/alice/tmp'))).toContain(`syncFolder ${parent}`)
    }
  })

  const codes = [
    ['ENOSPC', '4.3.1'],
    ['EDQUOT', '4.2.2'],
    ['EACCES', '4.3.5'],
    ['EROFS', '4.3.5'],
    ['EIO', '4.3.0'],
    ['EMFILE', '4.3.0'],
  ] as const

  it.each(codes)('defers whichever call fails with %s; a whole message or none is to be seen', async (code, status) => {
    const clean = new FaultyFiles()
    await maildir(clean).delivery.deliver(item())
    for (let failing = 1; failing <= clean.calls.length; failing++) {
      // Sweeping is no part of the delivery.
      if (clean.calls[failing - 1]?.startsWith('list ')) continue
      const files = new FaultyFiles()
      files.fail = (call) => (call === failing ? code : undefined)
      const { delivery, paths } = maildir(files)
      const outcome = await delivery.deliver(item())
      expect(outcome, clean.calls[failing - 1]).toMatchObject({ kind: 'deferred', status })
      expect(JSON.stringify(outcome)).not.toContain('/mail')
      expect([...files.contents.keys()]).toEqual([])
      expect(paths).toEqual([])
      // And again, on the same disk, once it is well.
      expect(await delivery.deliver(item())).toEqual({ kind: 'delivered' })
      expect(finished(files)).toEqual(['Return-Path: <>\n\nHello.\n'])
    }
  })

  it('never shows half a message when all fails from some call on', async () => {
    const clean = new FaultyFiles()
    await maildir(clean).delivery.deliver(item())
    for (let first = 1; first <= clean.calls.length; first++) {
      const files = new FaultyFiles()
      files.fail = (call) => (call >= first ? 'EIO' : undefined)
      expect(await maildir(files).delivery.deliver(item())).toMatchObject({ kind: 'deferred' })
      for (const whole of finished(files)) expect(whole).toBe('Return-Path: <>\n\nHello.\n')
    }
  })

  it('ends also where every folder is said to be missing', async () => {
    const files = new FaultyFiles()
    files.fail = () => 'ENOENT'
    expect(await maildir(files).delivery.deliver(item())).toMatchObject({ kind: 'deferred', status: '4.3.0' })
  })

  it('throws on what is not the disk’s fault', async () => {
    const files = new FaultyFiles()
    files.create = async () => Promise.reject(new TypeError('a bug'))
    await expect(maildir(files).delivery.deliver(item())).rejects.toThrow('a bug')
    files.create = async () => Promise.reject(systemError('QUEUE_CORRUPT'))
    await expect(maildir(files).delivery.deliver(item())).rejects.toThrow('QUEUE_CORRUPT')
  })

  it('fails for good where there is no mailbox', async () => {
    const files = new FaultyFiles()
    const outcome = await maildir(files).delivery.deliver({ ...item(), address: 'bob@example.com' })
    expect(outcome).toMatchObject({ kind: 'failed', status: '5.1.1' })
    expect(files.calls).toEqual([])
  })
})

describe('what a process that died left in tmp', () => {
  const hour = 3_600_000
  const now = 1_790_000_000_999
  const left = (files: FaultyFiles): string[] => [...files.contents.keys()].filter((path) => path.includes('/tmp/'))

  async function disk(ages: readonly number[]): Promise<FaultyFiles> {
    const files = new FaultyFiles()
    await maildir(files).delivery.deliver(item())
    for (const [at, age] of ages.entries()) {
      files.contents.set(`/mail/alice/tmp/${at}`, [])
      files.times.set(`/mail/alice/tmp/${at}`, now - age)
    }
    return files
  }

  it('goes after 36 hours, with the first delivery to the Maildir', async () => {
    const files = await disk([36 * hour, 36 * hour + 1, 0, 1_000 * hour])
    const { delivery } = maildir(files)
    expect(await delivery.deliver(item())).toEqual({ kind: 'delivered' })
    expect(left(files)).toEqual(['/mail/alice/tmp/0', '/mail/alice/tmp/2'])
    files.calls.length = 0
    await delivery.deliver(item())
    expect(files.calls.filter((call) => /^(list|modifiedAt)/.test(call))).toEqual([])
  })

  it('stays when it cannot be removed, and nobody waits for its mail', async () => {
    for (const operation of ['list', 'modifiedAt', 'unlink']) {
      const files = await disk([99 * hour, 99 * hour])
      files.fail = (_, called, path) => (called === operation && !path.endsWith('/1') ? 'EACCES' : undefined)
      expect(await maildir(files).delivery.deliver(item())).toEqual({ kind: 'delivered' })
      expect(left(files)).toHaveLength(operation === 'list' ? 2 : 1)
    }
  })

  it('does not make a delivery wait for more than a thousand files', async () => {
    const files = await disk(Array.from({ length: 1_500 }, () => 99 * hour))
    await maildir(files).delivery.deliver(item())
    expect(left(files)).toHaveLength(500)
  })

  it('goes on a real disk, and no folder with it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'mta-'))
    try {
      await maildir(nodeFiles, root).delivery.deliver(item())
      for (const name of ['old', 'young']) writeFileSync(join(root, 'tmp', name), '')
      mkdirSync(join(root, 'tmp/folder'))
      for (const [name, age] of [
        ['old', 37],
        ['young', 35],
        ['folder', 99],
      ] as const)
        utimesSync(join(root, 'tmp', name), (now - age * hour) / 1000, (now - age * hour) / 1000)
      expect(await maildir(nodeFiles, root).delivery.deliver(item())).toEqual({ kind: 'delivered' })
      expect(readdirSync(join(root, 'tmp')).toSorted()).toEqual(['folder', 'young'])
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

describe('line ends', () => {
  it('are those of Unix, however the content is cut', async () => {
    const part = fc.stringMatching(/^[ab\r\n]{0,6}$/)
    await fc.assert(
      fc.asyncProperty(fc.array(part), async (parts) => {
        const octets: number[] = []
        for await (const chunk of unixLines(chunks(...parts))) octets.push(...chunk)
        expect(text(octets)).toBe(parts.join('').replaceAll('\r\n', '\n'))
      }),
    )
  })
})

describe('mailboxes', () => {
  it.each(localParts)('local-part $localPart', ({ localPart, folder }) => {
    expect(folderName(localPart)).toBe(folder)
  })

  const mailboxes = createMailboxes(
    new Map([
      ['example.com', { maildir: '/mail/example.com/{local}', mailboxes: ['Alice', 'bob'] }],
      ['open.example', { maildir: '/mail/{local}/{local}' }],
      ['one.example', { maildir: '/mail/everything/' }],
    ]),
    { address: 'postmaster@mx.example', maildir: '/postmaster' },
  )

  it.each([
    ['alice@example.com', '/mail/example.com/alice'],
    ['ALICE@EXAMPLE.COM', '/mail/example.com/alice'],
    ['"alice"@example.com', '/mail/example.com/alice'],
    ['carol@example.com', undefined],
    ['anyone@open.example', '/mail/anyone/anyone'],
    ['"../../x"@open.example', undefined],
    ['"$&"@open.example', undefined],
    ['a@one.example', '/mail/everything/'],
    ['alice@constructor', undefined],
    ['Postmaster@mx.example', '/postmaster'],
    ['postmaster@example.com', undefined],
    ['no address', undefined],
    ['', undefined],
  ])('%s is at %s', (address, folder) => {
    expect(mailboxes.folder(address)).toBe(folder)
  })

  it('agree on whom they know and where', () => {
    expect(mailboxes.has('example.com', 'aLiCe')).toBe(true)
    expect(mailboxes.has('example.com', 'carol')).toBe(false)
    expect(mailboxes.has('elsewhere.example', 'alice')).toBe(false)
    expect(mailboxes.has('open.example', '..')).toBe(false)
  })

  it('never lead out of the folder', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[./a]{1,8}$/)), (localPart) => {
        const name = folderName(localPart)
        return name === undefined || join('/mail', name) === `/mail/${name}`
      }),
    )
  })
})
