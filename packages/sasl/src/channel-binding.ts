import { createHash } from 'node:crypto'

/**
 * Label of the exported keying material that is `tls-exporter` binding data: 32 octets, with an empty context. In TLS
 * 1.2 only with extended master secrets; in Node `socket.exportKeyingMaterial(32, tlsExporterLabel, Buffer.alloc(0))`.
 * @rfc 9266 2
 */
export const tlsExporterLabel = 'EXPORTER-Channel-Binding'

/**
 * Data of the `tls-server-end-point` binding: a hash of the server's certificate, by the hash of its signature, or
 * SHA-256 in the place of MD5 and SHA-1.
 *
 * @param certificate DER, as the server sent it.
 * @returns `undefined` where the type is not defined: for a signature without a separate hash, such as Ed25519, and for
 *   algorithms that we do not know.
 * @rfc 5929 4.1
 */
export function tlsServerEndPoint(certificate: Uint8Array): Uint8Array | undefined {
  const [, algorithm] = elements(elements(certificate)[0]?.content)
  const [oid, parameters] = elements(algorithm?.content)
  const name = hex(oid?.content)
  const hash = name === RSASSA_PSS ? pssHash(parameters?.content) : hashes.get(name)
  return hash === undefined ? undefined : new Uint8Array(createHash(hash).update(certificate).digest())
}

/** `RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] HashAlgorithm DEFAULT sha1, ... }` (RFC 4055) */
function pssHash(parameters: Uint8Array | undefined): string | undefined {
  const first = elements(parameters)[0]
  if (first?.tag !== 0xa0) return 'sha256'
  const [oid] = elements(elements(first.content)[0]?.content)
  return hashes.get(hex(oid?.content))
}

interface Element {
  readonly tag: number
  readonly content: Uint8Array
}

/** The elements that follow one another in DER; those before the first broken one, views into the input. */
function elements(der: Uint8Array | undefined): readonly Element[] {
  const found: Element[] = []
  let at = 0
  while (der !== undefined && at + 2 <= der.length) {
    const short = der[at + 1] ?? 0
    const lengthOctets = short < 0x80 ? 0 : short - 0x80
    if (lengthOctets > 3) break
    let length = lengthOctets === 0 ? short : 0
    for (let i = 0; i < lengthOctets; i++) length = length * 256 + (der[at + 2 + i] ?? 0)
    const start = at + 2 + lengthOctets
    if (start + length > der.length) break
    found.push({ tag: der[at] ?? 0, content: der.subarray(start, start + length) })
    at = start + length
  }
  return found
}

function hex(octets: Uint8Array | undefined): string {
  return Array.from(octets ?? [], (octet) => octet.toString(16).padStart(2, '0')).join('')
}

const RSASSA_PSS = '2a864886f70d01010a'

/** Hash to use by object identifier: of signatures, then of hashes. */
const hashes: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'sha256'], // md5WithRSAEncryption
  ['2a864886f70d010105', 'sha256'], // sha1WithRSAEncryption
  ['2a864886f70d01010b', 'sha256'], // sha256WithRSAEncryption
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a864886f70d01010e', 'sha224'],
  ['2a8648ce3d0401', 'sha256'], // ecdsa-with-SHA1
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2b0e03021a', 'sha256'], // id-sha1
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
  ['608648016503040204', 'sha224'],
])
