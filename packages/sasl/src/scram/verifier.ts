/** Hash functions of the SCRAM family. @rfc 5802 4 @rfc 7677 3 */
export type ScramHash = 'SHA-1' | 'SHA-256' | 'SHA-512'

/** What a server keeps of a password for SCRAM: enough to check a client, not enough to pose as one. @rfc 5802 3 */
export interface ScramVerifier {
  readonly hash: ScramHash
  readonly iterations: number
  readonly salt: Uint8Array
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}
