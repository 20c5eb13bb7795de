/** CRC32c of RFC 9260, appendix A: reflected, inverted before and after. */
export function crc32c(octets: Uint8Array): number {
  let sum = 0xffffffff
  for (const octet of octets) sum = (sum >>> 8) ^ (table[(sum ^ octet) & 0xff] ?? 0)
  return (sum ^ 0xffffffff) >>> 0
}

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, octet) => {
  let sum = octet
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1
  return sum
})
