import { readFileSync } from 'node:fs'
import type { StationSettings } from './settings.ts'

/** Contents of the files named, each in PEM. */
export interface TlsMaterial {
  certificate?: Uint8Array
  key?: Uint8Array
  ca?: Uint8Array
}

/**
 * Makes a driver's context of keys and roots. Where one cannot be used it throws an error with the code
 * CERTIFICATE_UNUSABLE that says which, as that of `@angarium/smtp-node` does.
 */
export type CreateTlsContext<C> = (material: TlsMaterial) => C

/** A context of the files named, or the setting that is to blame. */
export type TlsFiles<C> =
  | { readonly kind: 'context'; readonly context: C }
  | { readonly kind: 'unusable'; readonly setting: keyof TlsMaterial; readonly because: string }

/** Reads certificate, key and roots. Paths are absolute. */
export function readTlsFiles<C>(tls: StationSettings['tls'], createContext: CreateTlsContext<C>): TlsFiles<C> {
  const material: TlsMaterial = {}
  for (const setting of ['certificate', 'key', 'ca'] as const) {
    const file = tls[setting]
    if (file === undefined) continue
    try {
      material[setting] = readFileSync(file)
    } catch (error) {
      return { kind: 'unusable', setting, because: `cannot be read: ${error instanceof Error ? error.message : error}` }
    }
  }
  try {
    return { kind: 'context', context: createContext(material) }
  } catch (error) {
    if (!isUnusable(error)) throw error
    return { kind: 'unusable', setting: error.detail.part, because: `cannot be used: ${error.detail.because}` }
  }
}

interface UnusableError {
  readonly detail: { readonly part: keyof TlsMaterial; readonly because: string }
}

function isUnusable(error: unknown): error is UnusableError {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'CERTIFICATE_UNUSABLE'
}
