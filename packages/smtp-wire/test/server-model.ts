/**
 * What a server session should do, told again in the plainest way there is: whole lines, one at a time, no cuts, no
 * views, no coalescing. It knows CHUNKING, SIZE and a proxy's XTEST, and an owner who refuses what is named so: hello
 * `no.example`, addresses `no@`, DATA of the sender `nodata@`, content of the sender `noend@`.
 */
export interface ModelOptions {
  readonly lmtp: boolean
  readonly maxRecipients: number
  readonly maxOctets: number
  readonly maxTransactions: number
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
  over = false
  #transactions = 0
  #sender = ''
  #recipients = 0
  #content = ''
  #lost: number | undefined
  readonly #options: ModelOptions

  constructor(options: ModelOptions) {
    this.#options = options
  }

  say(said: Said): undefined {
    if (this.over) return
    if (said.kind === 'content') this.#finish(said.lines)
    else if (said.kind === 'chunk') this.#chunk(said.size, said.last)
    else this.#command(said.text)
  }

  #command(text: string): undefined {
    const [verb = '', ...rest] = text.split(' ')
    const argument = rest.join(' ')
    if (text.includes('\0')) return this.#fault(501)
    if (text.length > 2_000) return this.#fault(500)
    const refuse = / no\.|<no@/.test(text)
    switch (verb) {
      case 'EHLO':
      case 'HELO':
      case 'LHLO':
        // A hello at fault costs nothing but itself.
        if (argument === '' || argument.includes(' ')) return this.#reply(501)
        if ((verb === 'LHLO') !== this.#options.lmtp) return this.#reply(500)
        if (refuse) return this.#reply(550)
        this.#end('reset')
        this.phase = 'ready'
        this.extended = verb !== 'HELO'
        return this.#reply(250)
      case 'MAIL':
        this.#transactions += 1
        if (this.#transactions > this.#options.maxTransactions) return this.#quit(421)
        if (!argument.includes('<')) return this.#fault(501)
        if (this.phase !== 'ready') return this.#reply(503)
        if (rest.length > 1) {
          const [keyword, value] = rest[1]?.split('=') ?? []
          if (keyword !== 'SIZE' || !this.extended) return this.#reply(555)
          if (value === undefined || !/^\d+$/.test(value)) return this.#reply(501)
          if (Number(value) > this.#options.maxOctets) return this.#reply(552)
        }
        if (refuse) return this.#reply(550)
        this.phase = 'mail'
        this.#sender = /<(.*)@/.exec(text)?.[1] ?? ''
        this.#recipients = 0
        this.#content = ''
        this.#lost = undefined
        return this.#reply(250)
      case 'RCPT':
        if (!argument.includes('<')) return this.#fault(501)
        if (this.phase !== 'mail' && this.phase !== 'rcpt') return this.#reply(503)
        if (this.#recipients >= this.#options.maxRecipients) return this.#reply(452)
        if (rest.length > 1) return this.#reply(555)
        if (refuse) return this.#reply(550)
        this.phase = 'rcpt'
        this.#recipients += 1
        return this.#reply(250)
      case 'DATA':
        if (argument !== '') return this.#fault(501)
        if (this.phase !== 'rcpt') return this.#reply(503)
        if (this.#sender === 'nodata') return this.#reply(451)
        this.inContent = true
        return this.#reply(354)
      case 'RSET':
        if (argument !== '') return this.#fault(501)
        this.#end('reset')
        return this.#reply(250)
      case 'NOOP':
        return this.#reply(250)
      case 'VRFY':
      case 'EXPN':
        return argument === '' || argument.includes(' ') ? this.#fault(501) : this.#reply(252)
      case 'HELP':
        return this.#reply(argument === '' || argument === 'MAIL' ? 214 : 504)
      case 'XTEST':
        if (!this.extended || this.phase === 'chunking' || this.phase === 'fresh') return this.#reply(503)
        this.#end('reset')
        this.phase = 'fresh'
        this.extended = false
        return this.#reply(220)
      case 'BDAT':
        // Without a size, and so without octets.
        if (!this.extended || (this.phase !== 'rcpt' && this.phase !== 'chunking')) return this.#reply(503)
        this.#reply(501)
        return this.#fail('refused')
      case 'QUIT':
        return argument === '' ? this.#quit(221) : this.#fault(501)
      default:
        return this.#fault(500)
    }
  }

  /** Where chunks come, nobody knows what such a line has cost them. */
  #fault(code: number): undefined {
    this.#reply(code)
    if (this.phase === 'chunking') this.#fail('fault')
  }

  #quit(code: number): undefined {
    this.#reply(code)
    this.#end('closed')
    this.over = true
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
