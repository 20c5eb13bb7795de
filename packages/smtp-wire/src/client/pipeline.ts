import type { PendingCommand } from './table.ts'

/**
 * Commands in order: those whose turn has not come, and those sent and not answered. Replies are matched by this order
 * and nothing else.
 *
 * @rfc 2920 3.1
 */
export class Pipeline {
  readonly #groupOctets: number
  /** Commands may be sent before those in front of them are answered. */
  grouped = false
  #unsent: PendingCommand[] = []
  #sent: PendingCommand[] = []
  #sentOctets = 0

  constructor(groupOctets: number) {
    this.#groupOctets = groupOctets
  }

  get empty(): boolean {
    return this.#sent.length === 0 && this.#unsent.length === 0
  }

  /** The next to be sent. */
  get next(): PendingCommand | undefined {
    return this.#unsent[0]
  }

  /** The next to be answered. */
  get awaited(): PendingCommand | undefined {
    return this.#sent[0]
  }

  /** The next one may go out now. */
  get mayNext(): boolean {
    const [next] = this.#unsent
    if (next === undefined) return false
    if (this.#sent.length === 0) return true
    return this.grouped && this.#sentOctets + next.octets.length <= this.#groupOctets
  }

  put(command: PendingCommand): void {
    this.#unsent.push(command)
  }

  /** Nothing of what waits to be sent is sent any more. */
  dropUnsent(): void {
    this.#unsent = []
  }

  /** Takes the next one: it is sent now. */
  send(): PendingCommand {
    const command = this.#unsent.shift() as PendingCommand
    this.await(command)
    return command
  }

  /** A reply is due for this one. */
  await(command: PendingCommand): void {
    this.#sent.push(command)
    this.#sentOctets += command.octets.length
  }

  /** A reply came: the command it answers, or `undefined` where none was due. */
  answered(): PendingCommand | undefined {
    const command = this.#sent.shift()
    this.#sentOctets -= command?.octets.length ?? 0
    return command
  }
}
