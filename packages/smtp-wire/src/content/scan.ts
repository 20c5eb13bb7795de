/**
 * Index of the next octet from `at` on that could be CR or LF, or the length of the buffer. It stops at other low
 * controls too: one comparison an octet, eight octets a turn, is what makes content pass at memory's pace.
 */
export function skipText(buffer: Uint8Array, at: number): number {
  const length = buffer.length
  const lastEight = length - 8
  let i = at
  while (
    i <= lastEight &&
    (buffer[i] as number) > CR &&
    (buffer[i + 1] as number) > CR &&
    (buffer[i + 2] as number) > CR &&
    (buffer[i + 3] as number) > CR &&
    (buffer[i + 4] as number) > CR &&
    (buffer[i + 5] as number) > CR &&
    (buffer[i + 6] as number) > CR &&
    (buffer[i + 7] as number) > CR
  )
    i += 8
  while (i < length && (buffer[i] as number) > CR) i += 1
  return i
}

// Written out, not imported: LF is below it, and the comparison above stands or falls with that.
const CR = 0x0d
