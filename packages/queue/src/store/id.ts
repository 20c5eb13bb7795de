import type { Clock, Random } from '../clock.ts'
import type { QueueId } from './contract.ts'

// One vowel: few words. No capitals: safe where file names fold case. In ASCII order, so that ids sort by time.
const digits = '0123456789abcdfghjklmnpqrstvwxyz'

/** Makes an id. One that was `given` was made elsewhere: it is returned, and those made from now on are greater. */
export type IdMaker = (given?: QueueId) => QueueId

/**
 * Makes ids that grow: 9 digits of milliseconds, 3 of a counter, 10 random ones. Two makers agree on an id only if they
 * draw the same 50 bits at the same count of the same millisecond.
 *
 * @param after - the greatest id made before; a clock set back does not lead below it.
 */
export function createIdMaker(clock: Pick<Clock, 'now'>, random: Pick<Random, 'bytes'>, after?: QueueId): IdMaker {
  let time = 0
  let counter = -1
  const follow = (id: QueueId): void => {
    const [itsTime, itsCounter] = [numberOf(id.slice(0, 9)), numberOf(id.slice(9, 12))]
    if (itsTime > time) {
      time = itsTime
      counter = itsCounter
    } else if (itsTime === time) counter = Math.max(counter, itsCounter)
  }
  if (after !== undefined) follow(after)
  return (given) => {
    if (given !== undefined) {
      follow(given)
      return given
    }
    const now = Math.floor(clock.now())
    if (now > time) {
      time = now
      counter = 0
    } else if (++counter === 32 ** 3) {
      time++
      counter = 0
    }
    let id = base32(time, 9) + base32(counter, 3)
    for (const octet of random.bytes(10)) id += digits[octet % 32]
    return id as QueueId
  }
}

/** Whether a text has the form of an id. */
export function isQueueId(text: string): text is QueueId {
  if (text.length !== 22) return false
  for (let at = 0; at < text.length; at++) if (!digits.includes(text.charAt(at))) return false
  return true
}

function base32(value: number, length: number): string {
  let text = ''
  for (let rest = Math.floor(value), n = 0; n < length; n++, rest = Math.floor(rest / 32))
    text = digits[rest % 32] + text
  return text
}

function numberOf(text: string): number {
  let value = 0
  for (const digit of text) value = value * 32 + Math.max(0, digits.indexOf(digit))
  return value
}
