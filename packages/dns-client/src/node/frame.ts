/** A message with its length before it, in one buffer so that it leaves in one segment. @rfc 7766 8 */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length)
  frame.set([message.length >> 8, message.length & 0xff])
  frame.set(message, 2)
  return frame
}

/** Cuts a stream into messages. */
export interface FrameReader {
  /** The messages that these octets complete, each in a buffer of its own. */
  feed(octets: Uint8Array): readonly Uint8Array[]
}

/** Reads messages with their length in two octets before them; keeps at most one of 65535. @rfc 7766 8 */
export function createFrameReader(): FrameReader {
  let lengthHigh: number | undefined
  let frame: Uint8Array | undefined
  let filled = 0
  return {
    feed(octets) {
      const whole: Uint8Array[] = []
      let at = 0
      while (at < octets.length) {
        if (frame === undefined) {
          const octet = octets[at++] ?? 0
          if (lengthHigh === undefined) {
            lengthHigh = octet
            continue
          }
          frame = new Uint8Array((lengthHigh << 8) | octet)
          lengthHigh = undefined
          filled = 0
        }
        const part = octets.subarray(at, at + frame.length - filled)
        frame.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < frame.length) break
        whole.push(frame)
        frame = undefined
      }
      return whole
    },
  }
}
