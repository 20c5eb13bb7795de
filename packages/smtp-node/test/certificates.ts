import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTlsContext, type TlsContext, type TlsMaterial } from '../src/index.ts'

const folder = join(import.meta.dirname, '../vectors/certificates')

export const pem = (name: string): Buffer => readFileSync(join(folder, `${name}.pem`))

/** A host that shows this certificate. All have the same key. */
export const host = (name: string): TlsMaterial => ({ certificate: pem(name), key: pem('key') })

/** Trusts the authority that signed them. */
export const trusting: TlsContext = createTlsContext({ ca: pem('ca') })
