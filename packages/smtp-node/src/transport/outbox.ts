/** Somebody who has octets to send. */
export interface Sender {
  sendPending(): void
}

/**
 * Puts off small writes until this turn of the event loop ends, or so many wait. A write that finds its reader asleep wakes
 * it, and that costs more than the write; behind one another they find it awake. Not all wait for the end of the turn, so
 * that the reader has work while we have ours.
 */
export function sendSoon(sender: Sender): void {
  if (waiting.push(sender) >= TOGETHER) sendAll()
  else if (!planned) {
    planned = true
    setImmediate(endTurn)
  }
}

function endTurn(): void {
  planned = false
  sendAll()
}

function sendAll(): void {
  const senders = waiting
  waiting = []
  for (const sender of senders) sender.sendPending()
}

let waiting: Sender[] = []
let planned = false

const TOGETHER = 16
