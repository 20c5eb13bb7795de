/**
 * What a server session should do, told again in the plainest way there is: whole lines, one at a time, no cuts, no
 * views, no coalescing. It knows CHUNKING, and an owner who refuses what is named so: hello `no.example`, addresses
 * `no@`, DATA of the sender `nodata@`, content of the sender `noend@`.
 */
export interface ModelOptions {
  readonly lmtp: boolean
  readonly maxRecipients: number
  readonly maxOctets: number
}

/** One thing the client says. */
export type Said =
  | { readonly kind: 'line'; readonly text: string }
  /** BDAT and its octets. */
  | { readonly kind: 'chunk'; readonly size: number; readonly last: boolean }
  /** Content behind a 354; otherwise its lines are commands. */
  | { readonly kind: 'content'; readonly lines: readonly string[] }

type Phase = 'fresh' | 'ready' | 'mail' | 'rcpt' | 'chunking'

export class Model {
  readonly codes: number[] = []
  readonly ends: string[] = []
  readonly messages: string[] = []
  phase: Phase = 'fresh'
  extended = false
  inContent = false
  #sender = ''
  #recipients = 0
  #content = ''
  #lost: number | undefined
  readonly #options: ModelOptions

  constructor(options: ModelOptions) {
    this.#options = options
  }

  say(said: Said): undefined {
    if (said.kind === 'content') this.#finish(said.lines)
    else if (said.kind === 'chunk') this.#chunk(said.size, said.last)
    else this.#command(said.text)
  }

  #command(text: string): undefined {
    const verb = text.split(' ')[0]
    const refuse = / no\.|<no@/.test(text)
    switch (verb) {
      case 'EHLO':
      case 'HELO':
      case 'LHLO':
        if ((verb === 'LHLO') !== this.#options.lmtp) return this.#reply(500)
        if (refuse) return this.#reply(550)
        this.#end('reset')
        this.phase = 'ready'
        this.extended = verb !== 'HELO'
        return this.#reply(250)
      case 'MAIL':
        if (this.phase !== 'ready') return this.#reply(503)
        if (refuse) return this.#reply(550)
        this.phase = 'mail'
        this.#sender = /<(.*)@/.exec(text)?.[1] ?? ''
        this.#recipients = 0
        this.#content = ''
        this.#lost = undefined
        return this.#reply(250)
      case 'RCPT':
        if (this.phase !== 'mail' && this.phase !== 'rcpt') return this.#reply(503)
        if (this.#recipients >= this.#options.maxRecipients) return this.#reply(452)
        if (refuse) return this.#reply(550)
        this.phase = 'rcpt'
        this.#recipients += 1
        return this.#reply(250)
      case 'DATA':
        if (this.phase !== 'rcpt') return this.#reply(503)
        if (this.#sender === 'nodata') return this.#reply(451)
        this.inContent = true
        return this.#reply(354)
      case 'RSET':
        this.#end('reset')
        return this.#reply(250)
      case 'NOOP':
        return this.#reply(250)
      case 'QUIT':
        this.#reply(221)
        this.#end('closed')
        return
      default:
        this.#reply(500)
        if (this.phase === 'chunking') this.#fail('fault')
    }
  }

  /** The transaction's end; the phase is where it leads. */
  #end(outcome: string): undefined {
    if (this.phase === 'mail' || this.phase === 'rcpt' || this.phase === 'chunking') this.ends.push(outcome)
    if (this.phase !== 'fresh') this.phase = 'ready'
    this.#lost = undefined
  }

  #fail(outcome: string): undefined {
    const recipients = this.phase === 'ready' || this.phase === 'fresh' ? this.#lost : this.#recipients
    this.#end(outcome)
    this.#lost = recipients
  }

  #finish(lines: readonly string[]): undefined {
    this.inContent = false
    const content = lines.map((line) => `${line}\r\n`).join('')
    if (content.length > this.#options.maxOctets) return this.#result(552, 'fault')
    this.#accept(content)
  }

  #accept(content: string): undefined {
    if (this.#sender === 'noend') return this.#result(554, 'refused')
    this.messages.push(content)
    this.#result(250, 'accepted')
  }

  #result(code: number, outcome: string): undefined {
    const times = this.#options.lmtp ? this.#recipients : 1
    for (let i = 0; i < times; i++) this.#reply(code)
    this.#end(outcome)
  }

  #chunk(size: number, last: boolean): undefined {
    const legal = this.extended && (this.phase === 'rcpt' || this.phase === 'chunking')
    const isFirst = this.phase === 'rcpt'
    const grown = this.#content.length + size
    const refusal = !legal
      ? 503
      : isFirst && this.#sender === 'nodata'
        ? 451
        : grown > this.#options.maxOctets
          ? 552
          : undefined
    if (refusal !== undefined) {
      const isOpen = this.phase === 'mail' || this.phase === 'rcpt' || this.phase === 'chunking'
      const recipients = isOpen ? this.#recipients : (this.#lost ?? 1)
      for (let i = 0; i < (last && this.#options.lmtp ? recipients : 1); i++) this.#reply(refusal)
      this.#fail(refusal === 451 ? 'refused' : 'fault')
      if (last) this.#lost = undefined
      return
    }
    this.phase = 'chunking'
    this.#content += 'x'.repeat(size)
    if (last) this.#accept(this.#content)
    else this.#reply(250)
  }

  #reply(code: number): undefined {
    this.codes.push(code)
  }
}
