import { sleep } from '../stage.mjs'
import { replies, Wire } from './wire.mjs'

/** The case cannot be judged: a setup step did not go as the fixture says. */
export class InvalidCase extends Error {}

/**
 * Plays the steps of a `client` case on one connection.
 *
 * @param world `{ port, address, implicitTls, slack }`: where the service is, and by how much times are stretched
 * @returns what the properties look at
 */
export async function attack(steps, world) {
  const wire = await open(world)
  const play = { wire, named: new Map(), marks: new Map(), groups: new Map(), held: 0, lastStepAt: 0, wires: [wire] }
  await playSteps(steps, play, world)
  play.lastStepAt = performance.now()
  return play
}

async function open({ port, address, implicitTls, slack }) {
  const wire = await Wire.open(port, address, replies)
  if (implicitTls && !(await wire.secure({}, 5_000 * slack))) throw new InvalidCase('no TLS at the start')
  return wire
}

async function playSteps(steps, play, world) {
  for (const step of steps) {
    // What a server that has closed did not say is judged by the properties; the names must exist.
    if (play.wire.closed && play.wire.items.length === 0) {
      if ('recvAny' in step) play.named.set(step.recvAny, { text: 'closed', at: performance.now() })
      continue
    }
    const kind = Object.keys(step).find((key) => Object.hasOwn(actions, key))
    if (kind === undefined) throw new InvalidCase(`no such step: ${JSON.stringify(step)}`)
    await actions[kind](step, play, world)
  }
}

const octetsOf = (text) => Buffer.from(text, 'latin1')

const actions = {
  async recv({ recv, as }, { wire, named }, { slack }) {
    const text = (await wire.next(5_000 * slack)) ?? ''
    if (!new RegExp(recv).test(text)) throw new InvalidCase(`expected ${recv}, got ${JSON.stringify(text)}`)
    if (as !== undefined) named.set(as, { text, at: performance.now() })
  },
  async recvAny({ recvAny, timeoutMs = 3_000 }, { wire, named }) {
    named.set(recvAny, { text: (await wire.next(timeoutMs)) ?? '', at: performance.now() })
  },
  send: ({ send }, { wire }) => wire.write(octetsOf(send)),
  async sendRepeat({ sendRepeat }, { wire }) {
    const { prefix = '', unit, times, suffix = '', index } = sendRepeat
    let text = prefix
    for (let n = 0; n < times; n++) text += index === undefined ? unit : unit.replaceAll(index, String(n))
    await wire.write(octetsOf(text + suffix))
  },
  async sendSlow({ sendSlow }, { wire }) {
    const { data, bytesPerWrite, gapMs } = sendSlow
    const octets = octetsOf(data)
    for (let at = 0; at < octets.length && !wire.closed; at += bytesPerWrite) {
      wire.write(octets.subarray(at, at + bytesPerWrite))
      await sleep(gapMs)
    }
  },
  wait: ({ wait }) => sleep(wait),
  noRead: ({ noRead }, { wire }) => wire.pause(noRead),
  mark({ mark }, { wire, marks }) {
    marks.set(mark, wire.received)
  },
  async drain(_, { wire }) {
    for (let item = ''; item !== undefined && item !== 'closed'; ) item = await wire.next(800)
  },
  async tls({ tls = {}, mayFail = tls.mayFail }, { wire }, { slack }) {
    if (await wire.secure({}, 10_000 * slack)) return
    if (mayFail !== true) throw new InvalidCase('the TLS handshake failed')
    wire.close()
    await wire.ended(1_000)
  },
  tlsCloseNotify: (_, { wire }) => wire.closeNotify(),
  sendPlain: ({ sendPlain }, { wire }) => wire.writePlain(octetsOf(sendPlain)),
  fin: (_, { wire }) => wire.fin(),
  rst: (_, { wire }) => wire.rst(),
  close: (_, { wire }) => wire.close(),
  /** Many connections at once, each with steps of its own. */
  async clones({ clones }, play, world) {
    const { count, batch = count, steps = [], mayFail = false } = clones
    for (let begun = 0; begun < count; begun += batch) {
      const size = Math.min(batch, count - begun)
      await Promise.all(Array.from({ length: size }, () => clone(steps, mayFail, play, world)))
      play.held = Math.max(play.held, play.wires.filter(({ closed }) => !closed).length)
    }
  },
  /** The same steps again and again on fresh connections, and how long the last named reply took. */
  async group({ group }, play, world) {
    const { name, times, steps } = group
    const runs = []
    for (let n = 0; n < times; n++) {
      const one = await attackAgain(steps, world)
      runs.push(one)
    }
    play.groups.set(name, runs)
  },
}

async function clone(steps, mayFail, play, world) {
  try {
    const wire = await open(world)
    play.wires.push(wire)
    await playSteps(steps, { ...play, wire }, world)
  } catch (error) {
    if (!mayFail) throw error
  }
}

async function attackAgain(steps, world) {
  let sentAt = 0
  const timed = steps.map((step) => step)
  const wire = await open(world)
  const play = { wire, named: new Map(), marks: new Map(), groups: new Map(), held: 0, wires: [wire] }
  for (const step of timed) {
    if ('send' in step) sentAt = performance.now()
    await playSteps([step], play, world)
  }
  wire.close()
  const last = [...play.named.values()].at(-1)
  return { text: last?.text ?? '', ms: (last?.at ?? 0) - sentAt }
}
