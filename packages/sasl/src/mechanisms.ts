import type { ClientMechanism } from './client/contract.ts'
import type { PasswordCredentials } from './client/credentials.ts'
import { loginClient, loginServer } from './mechanism/login.ts'
import { plainClient, plainServer } from './mechanism/plain.ts'
import { type ScramClientSettings, scramClients } from './scram/client.ts'
import { type ScramServerSettings, scramServers } from './scram/server.ts'
import type { ScramHash } from './scram/verifier.ts'
import type { ServerMechanism } from './server/contract.ts'

const hashes: readonly ScramHash[] = ['SHA-512', 'SHA-256', 'SHA-1']

/**
 * All mechanisms for passwords that may be offered by default: SCRAM of each hash with its -PLUS variant, PLAIN, LOGIN.
 * Offer SCRAM only of hashes for which users have verifiers: a client that chooses another is refused, password or not.
 *
 * @param scram hashes for which there are verifiers; default SHA-256 only.
 * @throws SaslError `SASL_BAD_CREDENTIALS` for a decoy secret that is too short.
 */
export function passwordServers(
  settings: ScramServerSettings,
  scram: readonly ScramHash[] = ['SHA-256'],
): readonly ServerMechanism[] {
  return [...scram.flatMap((hash) => scramServers(hash, settings)), plainServer(), loginServer()]
}

/**
 * All mechanisms that a client with a password should have. Keep the result for the next connection, see
 * {@link scramClients}.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 */
export function passwordClients(
  credentials: PasswordCredentials,
  settings: ScramClientSettings = {},
): readonly ClientMechanism[] {
  return [
    ...hashes.flatMap((hash) => scramClients(hash, credentials, settings)),
    plainClient(credentials),
    loginClient(credentials),
  ]
}
