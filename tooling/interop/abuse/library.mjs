import { formatField, formatMailbox, parseAddressList, readHeader } from '../../../packages/imf-parser/dist/index.js'
import { formatCommand, parseMailbox } from '../../../packages/smtp-wire/dist/index.js'

/** The function families of `library` cases, by our own names. Each answers octets or a value, or throws. */
const families = {
  /** Recipients as a client would put them on the wire, whether or not a parser has seen them. */
  'client.envelope': ({ to }) =>
    Buffer.concat(
      to.map((address) => {
        const at = address.indexOf('@')
        const forced = { kind: 'mailbox', localPart: address.slice(0, at), domain: address.slice(at + 1) }
        return formatCommand({ kind: 'rcpt', forwardPath: parseMailbox(address) ?? forced, parameters: [] })
      }),
    ),
  'compose.header': ({ name, value: { name: displayName, address } }) => {
    const { localPart, domain } = parseMailbox(address)
    return Buffer.from(formatField(name, formatMailbox({ displayName, localPart, domain })))
  },
  'parse.address': ({ prefix = '', repeat: { unit, times }, suffix = '' }) =>
    parseAddressList(prefix + unit.repeat(times) + suffix),
}

const properties = {
  'must-throw': (_, { error }) => (error === undefined ? 'it did not throw' : typed(error)),
  'must-throw-or-encode': (_, { error }) => error && typed(error),
  'wire-must-not-contain-raw': ({ bytes }, { value }) =>
    value?.includes(Buffer.from(bytes, 'latin1')) ? 'the text stands raw in what would be sent' : undefined,
  'header-fields-exact'({ names }, { value, error }) {
    // Refusing to compose it makes no field at all.
    if (error !== undefined) return typed(error)
    const made = readHeader(value).fields.map(({ name }) => name)
    return JSON.stringify(made) === JSON.stringify(names) ? undefined : `the fields are ${made.join(', ')}`
  },
  'time-max': ({ ms }, { took }, slack) => (took <= ms * slack ? undefined : `it took ${took.toFixed(0)} ms`),
  'must-not-crash': () => undefined,
}

/** Plays a `library` case; answers what does not hold. */
export function playLibrary({ api, input, expect }, slack) {
  const family = Object.hasOwn(families, api) ? families[api] : undefined
  if (family === undefined) throw new Error(`the runner does not know ${api}`)
  const began = performance.now()
  const result = {}
  try {
    result.value = family(input)
  } catch (error) {
    result.error = error
  }
  result.took = performance.now() - began
  return expect.flatMap((one) => {
    if (!Object.hasOwn(properties, one.property)) throw new Error(`the runner does not know ${one.property}`)
    const why = properties[one.property](one, result, slack)
    return why === undefined ? [] : [`${one.property}: ${why}`]
  })
}

const typed = (error) => (typeof error.code === 'string' ? undefined : `an error without a code: ${error}`)
