const CR = 0x0d
const LF = 0x0a

/** Turns CRLF into LF, as files on Unix have it; a CR on its own stays. The chunks yielded are the receiver's. */
export async function* unixLines(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting = false
  for await (const chunk of content) {
    const result = new Uint8Array(chunk.length + 1)
    let length = 0
    for (const octet of chunk) {
      if (waiting && octet !== LF) result[length++] = CR
      waiting = octet === CR
      if (!waiting) result[length++] = octet
    }
    yield result.subarray(0, length)
  }
  if (waiting) yield Uint8Array.of(CR)
}
