import { QueueError } from '@angarium/queue'
import type { Vault } from './bodies/vault.ts'
import type { Fault, FiledContent, Repair } from './thread/protocol.ts'
import { readPages } from './thread/reader.ts'

/** How to check a queue. */
export interface CheckOptions {
  /** Also put right what can be without loss. By default only told. */
  readonly repair?: boolean
}

/** Something that is not as it should be. */
export interface Finding {
  /**
   * `database`: SQLite's own structure; `index`: one that differs from its table; `message`: a message that is damaged, or
   * set aside already; `work`: what is listed of a message differs from its recipients; `lane`: the head of a line;
   * `ledger`: the counters; `file`: a content that no message speaks of.
   */
  readonly kind: 'database' | 'index' | 'message' | 'work' | 'lane' | 'ledger' | 'file'
  /** The message or file it is about. */
  readonly id?: string
  readonly what: string
  /** What there is to do about it, or was done. */
  readonly remedy: string
  readonly repaired: boolean
}

/** What a check works with. */
export interface CheckScene {
  readonly path: string
  readonly vault: Vault
  /** Repairs, if wanted; answers whether it did. */
  readonly mend: (repair: Repair) => Promise<boolean>
  /** Sets files aside, if wanted; answers whether it did. */
  readonly lose: (names: readonly string[]) => Promise<boolean>
  /** Those of these contents that no message speaks of by now and that are not about to be spoken of. */
  readonly strangers: (ids: readonly string[]) => Promise<readonly string[]>
}

/** Checks a queue whose content files stay while this runs. */
export async function* runCheck({ path, vault, mend, lose, strangers }: CheckScene): AsyncGenerator<Finding> {
  const spoken = new Set<string>()
  for await (const { faults, filed } of readPages('check', { path, to: undefined })) {
    for (const fault of faults) yield await found(fault, mend)
    for (const content of filed) {
      spoken.add(content.id)
      const what = content.aside ? undefined : await fileFault(vault, content)
      if (what === undefined) continue
      const { id } = content
      yield await found({ kind: 'message', id, what, repair: { kind: 'set-aside', id, because: what } }, mend)
    }
  }
  const names = await vault.names()
  for (const id of await strangers(names.contents.filter((name) => !spoken.has(name)))) {
    const remedy = 'repair sets it aside as lost-(day)-(name), where it stays for a week'
    yield { kind: 'file', id, what: 'no message speaks of this content', remedy, repaired: await lose([id]) }
  }
  for (const id of names.lost) {
    const remedy =
      'if the database was replaced by an older one this may be mail that was accepted; it goes after a week'
    yield { kind: 'file', id, what: 'a content that no message spoke of', remedy, repaired: false }
  }
}

async function found({ repair, ...fault }: Fault, mend: CheckScene['mend']): Promise<Finding> {
  const remedy =
    fault.kind === 'message' && repair === undefined ? 'look at it, then remove it by its id' : remedies[fault.kind]
  return { ...fault, remedy, repaired: repair !== undefined && (await mend(repair)) }
}

const remedies: { readonly [K in Fault['kind']]: string } = {
  database: 'restore a backup, or take out what can be read with: sqlite3 queue.sqlite .recover',
  index: 'repair of the stopped queue makes all indexes anew from their tables',
  message: 'repair sets it aside: kept and listed, never delivered',
  work: 'repair writes it anew from its recipients',
  lane: 'repair brings it in line with the work',
  ledger: 'repair brings it in line with the rows',
}

async function fileFault(vault: Vault, { id, size, sum }: FiledContent): Promise<string | undefined> {
  try {
    for await (const _ of vault.read(id, size, sum));
  } catch (error) {
    if (QueueError.is(error, 'QUEUE_CORRUPT')) return error.detail.because
    throw error
  }
}
