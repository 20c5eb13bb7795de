import { type AnyExtension, defineExtension, proceed, readDigits, reply } from '../src/index.ts'

/** Small extensions to try the session with; the registered ones live in their own package. */
export const pipelining = defineExtension({
  name: 'pipelining',
  rfc: 2920,
  keyword: 'PIPELINING',
  switches: { pipelining: true },
})

export const enhanced = defineExtension({
  name: 'enhancedstatuscodes',
  rfc: 2034,
  keyword: 'ENHANCEDSTATUSCODES',
  switches: { enhancedReplies: true },
})

export const size = defineExtension({
  name: 'size',
  rfc: 1870,
  keyword: 'SIZE',
  ehlo: ({ limits }) => [String(limits.messageOctets)],
  mail: {
    SIZE: {
      maxOctets: 26,
      parse: (value: string | undefined) => (value === undefined ? undefined : readDigits(value)),
      format: (octets: number) => String(octets),
    },
  },
  onMail: ({ SIZE }, { limits }) =>
    SIZE !== undefined && SIZE > limits.messageOctets ? reply(552, '3.4', 'Too big') : proceed,
})

export const chunking = defineExtension({
  name: 'chunking',
  rfc: 3030,
  keyword: 'CHUNKING',
  verbs: {
    BDAT: {
      phases: ['rcpt', 'chunking'],
      barrier: false,
      syntax: 'BDAT <octets> [LAST]',
      run(argument) {
        const [size = '', mark, ...rest] = argument.split(' ')
        const octets = readDigits(size)
        const last = mark?.toUpperCase() === 'LAST'
        if (octets === undefined || rest.length > 0 || (mark !== undefined && !last))
          return { kind: 'reply', reply: reply(501, '5.4', 'BDAT takes a size and LAST') }
        return { kind: 'chunk', octets, last }
      },
    },
  },
})

export const binarymime = defineExtension({
  name: 'binarymime',
  rfc: 3030,
  switches: { binary: ({ BODY }) => BODY === 'BINARYMIME' },
  keyword: 'BINARYMIME',
  requires: ['CHUNKING'],
  mail: {
    BODY: {
      maxOctets: 16,
      parse: (value: string | undefined) => (value === '8BITMIME' || value === 'BINARYMIME' ? value : undefined),
      format: (body: string) => body,
    },
  },
  onDataStart: ({ mailParameters, chunked }) =>
    mailParameters.BODY === 'BINARYMIME' && !chunked ? reply(503, '5.1', 'Binary needs BDAT') : proceed,
})

export const starttls = defineExtension({
  name: 'starttls',
  rfc: 3207,
  keyword: 'STARTTLS',
  ehlo: ({ tls }) => (tls === 'available' ? [] : undefined),
  verbs: {
    STARTTLS: {
      phases: ['ready', 'mail', 'rcpt'],
      barrier: true,
      run: (argument) =>
        argument === ''
          ? { kind: 'start-tls', reply: reply(220, '0.0', 'Ready to start TLS') }
          : { kind: 'reply', reply: reply(501, '5.4', 'No parameters allowed') },
    },
  },
})

export const auth = defineExtension({
  name: 'auth',
  rfc: 4954,
  keyword: 'AUTH',
  requires: [{ tls: true }],
  ehlo: () => ['TEST'],
  verbs: { AUTH: { phases: ['ready'], barrier: true, lineOctets: 12_288, run: () => ({ kind: 'ask' }) } },
})

export const smtputf8 = defineExtension({
  name: 'smtputf8',
  rfc: 6531,
  keyword: 'SMTPUTF8',
  switches: { utf8: true },
  mail: {
    SMTPUTF8: {
      maxOctets: 10,
      parse: (value: string | undefined) => (value === undefined ? true : undefined),
      format: () => undefined,
    },
  },
  onRcpt: (_, { forwardPath, mailParameters }) =>
    forwardPath.kind === 'mailbox' && /[^\0-\x7f]/.test(forwardPath.localPart) && mailParameters.SMTPUTF8 !== true
      ? reply(553, '6.7', 'Address needs SMTPUTF8')
      : proceed,
})

/** Refuses what comes in chunks. */
const nochunks = defineExtension({
  name: 'nochunks',
  rfc: 1,
  keyword: 'XNOCHUNKS',
  onDataStart: ({ chunked, recipients }) =>
    chunked ? reply(554, '5.1', `No chunks for ${recipients.length}`) : proceed,
})

/** A proxy's word for its client: an address, and who has authenticated. */
export const assume = defineExtension({
  name: 'assume',
  rfc: 1,
  keyword: 'XTEST',
  verbs: {
    XTEST: {
      phases: ['ready', 'mail', 'rcpt'],
      barrier: true,
      run(argument) {
        const [address, identity] = argument === '' ? [] : argument.split(' ')
        return {
          kind: 'assume',
          peer: { ...(address !== undefined && { address }), ...(identity !== undefined && { identity }) },
        }
      },
    },
  },
})

/** By keyword. */
export const extensions: ReadonlyMap<string, AnyExtension> = new Map<string, AnyExtension>(
  [pipelining, enhanced, size, chunking, binarymime, starttls, auth, smtputf8, nochunks, assume].map((one) => [
    one.keyword,
    one,
  ]),
)
