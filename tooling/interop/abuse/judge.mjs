import { sleep, until } from '../stage.mjs'

/** What a case's connection saw, judged without a look at the server: property -> why it does not hold, or undefined. */
const ofReplies = {
  'must-reply': ({ of, matches }, play) => expect(play, of, new RegExp(matches), matches),
  'must-reply-5xx': ({ of }, play) => expect(play, of, /^5/, '5xx'),
  'must-reply-4xx-or-5xx': ({ of }, play) => expect(play, of, /^[45]/, '4xx or 5xx'),
  'must-refuse': ({ of }, play) => expect(play, of, /^[45]/, 'a refusal'),
  'must-be-silent'({ of }, play) {
    const { text } = play.named.get(of) ?? { text: '' }
    return text === '' || text === 'closed' ? undefined : `expected silence, got ${show(text)}`
  },
  async 'max-replies-after'({ mark, n }, play) {
    await sleep(300)
    const count = play.wire.received - (play.marks.get(mark) ?? play.wire.received)
    return count <= n ? undefined : `expected at most ${n} replies, got ${count}`
  },
  'reply-must-not-contain'({ of, text }, play) {
    return (play.named.get(of)?.text ?? '').includes(text)
      ? `${show(play.named.get(of).text)} holds ${text}`
      : undefined
  },
  'replies-equal'({ of }, play) {
    const [a, b] = of.map((name) => play.named.get(name)?.text)
    return a === b ? undefined : `${show(a)} differs from ${show(b)}`
  },
  async 'must-close'({ withinMs }, play, { slack }) {
    const closed = await play.wire.ended(play.lastStepAt + withinMs * slack - performance.now())
    return closed ? undefined : `still open ${withinMs * slack} ms after the last step`
  },
  'must-not-start-tls': (_, play) => (play.wire.secured ? 'a handshake took place' : undefined),
  'must-not-reply-smtp': (_, play) => (play.wire.received > 0 ? 'an SMTP reply came in clear' : undefined),
  'max-concurrent-from-one-address': ({ n }, play) => (play.held <= n ? undefined : `${play.held} were held open`),
  'same-text-and-time'({ maxMedianDeltaMs }, play, { slack }) {
    const [a, b] = [...play.groups.values()]
    if (a[0].text !== b[0].text) return `${show(a[0].text)} differs from ${show(b[0].text)}`
    const delta = Math.abs(median(a) - median(b))
    return delta <= maxMedianDeltaMs * slack ? undefined : `the medians differ by ${delta.toFixed(0)} ms`
  },
}

/** What can only be seen at the server. `world` says how to look. */
const ofServer = {
  'must-not-accept-message': (_, __, world) => accepted(world, 0, 0),
  'must-not-accept-second-message': (_, __, world) => accepted(world, 0, 1),
  'must-accept-at-most-one': (_, __, world) => accepted(world, 0, 1),
  'must-accept-exactly-one': (_, __, world) => accepted(world, 1, 1),
  'must-accept-exactly': ({ n }, _, world) => accepted(world, n, n),
  async 'stored-must-contain'({ bytes }, _, world) {
    const stored = await world.stored()
    const wanted = world.asStored(Buffer.from(bytes, 'latin1'))
    return stored.some((octets) => octets.includes(wanted)) ? undefined : `no stored message holds ${show(bytes)}`
  },
  async 'stored-must-not-contain'({ bytes }, _, world) {
    const stored = await world.stored()
    return stored.some((octets) => octets.includes(Buffer.from(bytes, 'latin1')))
      ? `${show(bytes)} was stored`
      : undefined
  },
  async 'stored-framing-clean'(_, __, world) {
    // Where line ends are kept as LF, each CR is alone. That no LF was alone before only the refusal can show.
    return (await world.stored()).some((octets) => octets.includes(0x0d)) ? 'a lone CR was stored' : undefined
  },
  async 'must-not-relay'(_, __, world) {
    await sleep(300)
    const foreign = await world.foreign()
    return foreign === undefined ? undefined : `mail for a foreign domain went in: ${foreign}`
  },
  'must-not-authenticate'(_, __, world) {
    const identity = world.loggedIn()
    return identity === undefined ? undefined : `${identity} is logged in`
  },
  async 'outbound-framing-clean'(_, play, world) {
    const { messages, octets } = await sentOn(play, world)
    const ends = octets.reduce((count, said) => count + occurrences(said, '\r\n.\r\n'), 0)
    if (ends !== messages) return `${ends} ends of content went out in ${messages} messages`
    return octets.some(isUnclean) ? 'a lone CR, a lone LF or a NUL went out' : undefined
  },
  async 'outbound-max-messages'({ n }, play, world) {
    const { messages } = await sentOn(play, world)
    return messages <= n ? undefined : `${messages} messages went out`
  },
  'must-not-touch-files': (_, __, world) => world.strangeFiles(),
  async 'must-bound-memory'({ maxGrowthMiB }, _, world) {
    const { rss } = await world.measure()
    const grown = (rss - world.before.rss) / 2 ** 20
    return grown <= maxGrowthMiB + world.memoryNoiseMiB ? undefined : `memory grew by ${grown.toFixed(1)} MiB`
  },
  async 'must-bound-stall'({ maxMs }, _, world) {
    const { stallMs } = await world.measure()
    const longest = Math.max(stallMs, world.longestStall)
    return longest <= maxMs * world.slack ? undefined : `the event loop stood still for ${longest.toFixed(0)} ms`
  },
  'log-must-not-contain-raw': ({ bytes }, _, world) =>
    world.rawLog().includes(Buffer.from(bytes, 'latin1')) ? `${show(bytes)} stands raw in the log` : undefined,
}

/** Properties of our own delivery client towards a hostile server. */
const ofDelivery = {
  async 'message-state'({ state }, play, world) {
    const now = await until(`the message is ${state}`, async () => (await world.state(play)) === state, 30).catch(
      () => undefined,
    )
    return now ? undefined : `expected ${state}, it is ${await world.state(play)}`
  },
  'attempts-max': ({ n }, play) => (play.attempts <= n ? undefined : `${play.attempts} attempts`),
  'attempts-min': ({ n }, play) => (play.attempts >= n ? undefined : `${play.attempts} attempts`),
  async 'must-not-bounce'(_, play, world) {
    return (await world.reports(play)).length === 0 ? undefined : 'a report was made'
  },
  async dsn({ count, action, status }, play, world) {
    const reports = await until(
      'the report',
      async () => {
        const found = await world.reports(play)
        return found.length >= count ? found : undefined
      },
      30,
    ).catch(() => [])
    if (reports.length !== count) return `expected ${count} reports, got ${reports.length}`
    for (const report of reports) {
      const text = report.toString('latin1')
      if (!new RegExp(`^Action: ${action}\\r?$`, 'm').test(text)) return `no Action: ${action} in the report`
      if (status !== undefined && !text.includes(`\nStatus: ${status}`)) return `no Status: ${status} in the report`
    }
    return undefined
  },
  'delivered-over-tls': (_, play) => (play.overTls ? undefined : 'the content came in clear'),
  'delivered-copies-max-per-attempt': ({ n }, play) =>
    play.copies <= n * Math.max(1, play.attempts) ? undefined : `${play.copies} copies in ${play.attempts} attempts`,
  'must-not-send': ({ matches }, play) => {
    const sent = play.lines.find((line) => new RegExp(matches).test(line))
    return sent === undefined ? undefined : `it sent ${show(sent)}`
  },
}

const all = { ...ofReplies, ...ofServer, ...ofDelivery }

/** Why a property does not hold; `undefined`: it does. Throws for one the runner does not know. */
export async function judge(property, play, world) {
  const look = Object.hasOwn(all, property.property) ? all[property.property] : undefined
  if (look === undefined) throw new Error(`the runner does not know ${property.property}`)
  return look(property, play, world)
}

/** A reply that could not come any more, since the server had closed, does not count against it. */
function expect(play, of, pattern, wanted) {
  const text = play.named.get(of)?.text ?? 'closed'
  if (text === 'closed' || pattern.test(text)) return undefined
  return `expected ${wanted}, got ${text === '' ? 'no reply' : show(text)}`
}

async function accepted(world, least, most) {
  // What was accepted is in the log before the peer reads its 250; what was not needs a moment to be sure of.
  if (least > 0) await until('the message is accepted', () => world.accepted() >= least, 10).catch(() => undefined)
  else await sleep(300)
  const count = world.accepted()
  return count >= least && count <= most ? undefined : `${count} messages were accepted`
}

/** What the next hop got, once the server is through with the connection. */
async function sentOn(play, world) {
  await play.wire.ended(1_000 * world.slack)
  return world.outbound()
}

function occurrences(octets, text) {
  let count = 0
  for (let at = octets.indexOf(text); at !== -1; at = octets.indexOf(text, at + 1)) count++
  return count
}

const isUnclean = (octets) =>
  octets.some(
    (octet, at) =>
      octet === 0 || (octet === CR && octets[at + 1] !== LF) || (octet === LF && (at === 0 || octets[at - 1] !== CR)),
  )

const CR = 0x0d
const LF = 0x0a

const median = (runs) => runs.map(({ ms }) => ms).sort((a, b) => a - b)[runs.length >> 1]
const show = (text) => JSON.stringify(text?.length > 200 ? `${text.slice(0, 200)}...` : text)
