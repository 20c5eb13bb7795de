/** Raised whenever a peer of the version before would misread something. */
export const protocolVersion = 1

/** Octets of content in one frame. */
export const pieceOctets = 65_536

/** Octets before the body: its length with what follows the length (4), the kind (1), the number (4). */
export const headOctets = 9

/** What a frame is. The side that connects is the guest, the other one the owner. */
export const kinds = {
  /** First word of a guest: which protocol, and for what it comes. */
  hello: 1,
  /** The owner lets it in, and names what it is held to. */
  welcome: 2,
  /** Last word of either side, with the reason. */
  bye: 3,
  /** Wants an answer; the number names the question. */
  ask: 4,
  answer: 5,
  failure: 6,
  /** A guest uses the draft of this number. */
  begin: 7,
  /** Octets of the draft of this number. */
  content: 8,
  /** The draft of this number is given up. */
  abort: 9,
  /** The store did not take the content of the draft of this number. */
  draftFailed: 10,
  /** So many octets of content, which is the number, left the owner's hands. */
  credit: 11,
  /** The guest wants to hear of work. */
  listen: 12,
  /** Work may have become due; the number is 1 when it is urgent. */
  work: 13,
  /** A worker asks to enter a next hop, for the lease of this number. */
  enter: 14,
  entered: 15,
  /** The lease of this number is lost, or the owner goes down. */
  stop: 16,
  /** The worker takes no more leases; the dispatcher repeats it, and sends none from then on. */
  leave: 17,
} as const

/** One frame as received. `body` is valid as long as the caller keeps it. */
export interface Frame {
  readonly kind: number
  readonly number: number
  readonly body: Buffer
  /** Gives back the memory a large body was granted. */
  readonly release: () => void
}

/** Text and octets, which share the body of most frames. */
export interface Parcel {
  readonly value: unknown
  readonly octets: Buffer
}

/**
 * Takes a body apart: the length of the text (4 octets), the text in JSON, and octets that it speaks of.
 *
 * @throws Malformed
 */
export function openParcel(body: Buffer): Parcel {
  const length = body.length < 4 ? -1 : body.readUInt32BE(0)
  if (length < 0 || length > body.length - 4) throw new Malformed('a frame is shorter than it says')
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8', 4, 4 + length))
  } catch {
    throw new Malformed('a frame is not JSON')
  }
  return { value, octets: body.subarray(4 + length) }
}

/** The other side broke the protocol; never thrown at a caller. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}
