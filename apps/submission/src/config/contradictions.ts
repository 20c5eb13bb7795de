import { createTlsContext } from '@angarium/smtp-node'
import { type Contradiction, contradictions as stationContradictions } from '@angarium/station/configuration'
import { loadUsers } from '../login/users-file.ts'
import type { Settings } from './settings.ts'

/** What must not be started with: mail would go in circles, or nobody could log in. Paths are absolute. */
export function contradictions(settings: Settings): readonly Contradiction[] {
  return [...encryption(settings), ...users(settings), ...stationContradictions(settings, createTlsContext)]
}

function* encryption({ tls, listeners, extensions }: Settings): Generator<Contradiction> {
  if (tls.certificate === undefined && listeners.some((one) => one.tls === 'starttls'))
    yield { path: ['tls'], message: 'nobody can log in without tls.certificate: passwords are taken under TLS only' }
  if (extensions.without.includes('STARTTLS') && listeners.some((one) => one.tls === 'starttls'))
    yield { path: ['extensions', 'without'], message: 'nobody can log in at listeners without TLS and STARTTLS' }
}

function* users({ users: file }: Settings): Generator<Contradiction> {
  const loaded = loadUsers(file)
  if (loaded.kind === 'wrong') yield { path: ['users'], message: loaded.because }
}
