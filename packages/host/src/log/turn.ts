/** Texts that leave together at the end of a turn of the event loop, or at once when asked to. */
export class Turn {
  readonly #write: (text: string) => void
  #gathered = ''

  /** @param write - must be done with the text when it returns */
  constructor(write: (text: string) => void) {
    this.#write = write
  }

  add(text: string): void {
    if (this.#gathered === '') {
      gathering.add(this)
      setImmediate(() => this.flush())
    }
    this.#gathered += text
  }

  flush(): void {
    const text = this.#gathered
    this.#gathered = ''
    gathering.delete(this)
    if (text !== '') this.#write(text)
  }
}

/** Those with something to write: a process that ends, however it comes to that by itself, writes it first. */
const gathering = new Set<Turn>()
process.on('exit', () => {
  for (const turn of gathering) turn.flush()
})
