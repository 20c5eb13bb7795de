import { asciiUpper, decodeXtext, encodeXtext, isAscii } from '@angarium/smtp-wire'

/** Attributes of XCLIENT or XFORWARD by name; `undefined`: said to be unknown. */
export type Attributes<N extends string> = ReadonlyMap<N, string | undefined>

/**
 * Reads attributes, each name once.
 *
 * ```abnf
 * attributes      = attribute *( SP attribute )
 * attribute       = attribute-name "=" attribute-value
 * attribute-value = xtext                               ; "[UNAVAILABLE]" and "[TEMPUNAVAIL]": unknown
 * ```
 * @param grammar what each attribute's value looks like, decoded
 * @returns `undefined` for broken grammar, an unknown name, one given twice, or a value that is not of its attribute
 */
export function readAttributes<N extends string>(
  argument: string,
  grammar: Readonly<Record<N, RegExp>>,
): Attributes<N> | undefined {
  const attributes = new Map<N, string | undefined>()
  for (const word of argument.split(' ')) {
    if (word === '') continue
    const equals = word.indexOf('=')
    const name = asciiUpper(word.slice(0, Math.max(equals, 0)))
    if (!isNameOf(name, grammar) || attributes.has(name)) return undefined
    const value = decodeXtext(word.slice(equals + 1))
    if (value === undefined || value === '' || value.length > 255 || !isAscii(value)) return undefined
    if (unknown.has(asciiUpper(value))) attributes.set(name, undefined)
    else if (grammar[name].test(value)) attributes.set(name, value)
    else return undefined
  }
  return attributes.size === 0 ? undefined : attributes
}

/**
 * Writes attributes as arguments of as many commands as they need, each line within 512 octets.
 *
 * @param verb whose arguments they are
 */
export function formatAttributes(verb: string, attributes: Attributes<string>): readonly string[] {
  const room = 512 - `${verb} \r\n`.length
  const lines: string[] = []
  let line = ''
  for (const [name, value] of attributes) {
    const word = `${name}=${value === undefined ? '[UNAVAILABLE]' : encodeXtext(value)}`
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

const isNameOf = <N extends string>(name: string, grammar: Readonly<Record<N, RegExp>>): name is N =>
  Object.hasOwn(grammar, name)

const unknown: ReadonlySet<string> = new Set(['[UNAVAILABLE]', '[TEMPUNAVAIL]'])
