import { basename, dirname } from 'node:path'
import type { MaildirFiles } from '../src/maildir/files.ts'

/** Files in memory that keep a list of what was asked, and fail when told to. */
export class FaultyFiles implements MaildirFiles {
  readonly folders = new Set<string>(['/'])
  readonly contents = new Map<string, number[]>()
  /** Where a file was last written at another time than now. */
  readonly times = new Map<string, number>()
  /** `operation path`, in order; what failed is among them. */
  readonly calls: string[] = []
  /** Fails the call of this number (from 1), or every one for which it answers a code. */
  fail: (call: number, operation: string, path: string) => string | undefined = () => undefined

  makeFolder = async (path: string): Promise<void> => {
    this.#begin('makeFolder', path)
    if (this.folders.has(path)) throw systemError('EEXIST')
    this.#demand(dirname(path))
    this.folders.add(path)
  }

  create = async (path: string) => {
    this.#begin('create', path)
    this.#demand(dirname(path))
    if (this.contents.has(path)) throw systemError('EEXIST')
    const octets: number[] = []
    this.contents.set(path, octets)
    return {
      write: async (chunk: Uint8Array): Promise<void> => {
        this.#begin('write', path)
        octets.push(...chunk)
      },
      sync: async (): Promise<void> => this.#begin('sync', path),
      close: async (): Promise<void> => this.#begin('close', path),
    }
  }

  rename = async (from: string, to: string): Promise<void> => {
    this.#begin('rename', from)
    this.#demand(dirname(to))
    const octets = this.contents.get(from)
    if (octets === undefined) throw systemError('ENOENT')
    this.contents.delete(from)
    this.contents.set(to, octets)
  }

  unlink = async (path: string): Promise<void> => {
    this.#begin('unlink', path)
    if (!this.contents.delete(path)) throw systemError('ENOENT')
  }

  async *list(path: string): AsyncGenerator<string> {
    this.#begin('list', path)
    this.#demand(path)
    for (const file of [...this.contents.keys()]) if (dirname(file) === path) yield basename(file)
  }

  modifiedAt = async (path: string): Promise<number> => {
    this.#begin('modifiedAt', path)
    if (!this.contents.has(path)) throw systemError('ENOENT')
    return this.times.get(path) ?? Number.POSITIVE_INFINITY
  }

  syncFolder = async (path: string): Promise<void> => {
    this.#begin('syncFolder', path)
    this.#demand(path)
  }

  #demand(folder: string): void {
    if (!this.folders.has(folder)) throw systemError('ENOENT')
  }

  #begin(operation: string, path: string): void {
    this.calls.push(`${operation} ${path}`)
    const code = this.fail(this.calls.length, operation, path)
    if (code !== undefined) throw systemError(code)
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: planted`), { code })
}
