import { readFileSync } from 'node:fs'
import { createTlsContext, SmtpNodeError, type TlsContext } from '@angarium/smtp-node'
import type { Settings } from './settings.ts'

/** A context of the files named, or the setting that is to blame. */
export type TlsFiles =
  | { readonly kind: 'context'; readonly context: TlsContext }
  | { readonly kind: 'unusable'; readonly setting: 'certificate' | 'key' | 'ca'; readonly because: string }

/** Reads certificate, key and roots. Paths are absolute. */
export function readTlsFiles(tls: Settings['tls']): TlsFiles {
  const material: { certificate?: Uint8Array; key?: Uint8Array; ca?: Uint8Array } = {}
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
    return { kind: 'context', context: createTlsContext(material) }
  } catch (error) {
    if (!SmtpNodeError.is(error, 'CERTIFICATE_UNUSABLE')) throw error
    return { kind: 'unusable', setting: error.detail.part, because: `cannot be used: ${error.detail.because}` }
  }
}
