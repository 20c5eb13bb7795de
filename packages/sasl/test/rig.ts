import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Channel, ClientExchange, Need, NeedAnswer, ServerExchange, ServerStep } from '../src/index.ts'

export const tls: Channel = { encrypted: true }
export const clear: Channel = { encrypted: false }

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (octets: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(octets)

/** Vectors of this package. */
export const vectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T

/** Answers a need in a test; throws for what the test did not expect. */
export type Answerer = (need: Need) => NeedAnswer

/** Goes on until the step is no need. */
export function settle(exchange: ServerExchange, step: ServerStep, answer: Answerer): ServerStep {
  let now = step
  while (now.kind === 'need') now = exchange.answer(now.need, answer(now.need))
  return now
}

/** What a whole conversation came to, and every message in turn, client first. */
export interface Conversation {
  readonly server: ServerStep
  readonly client: 'trusts' | string
  readonly messages: readonly (string | undefined)[]
}

/** Both halves against each other, as SMTP would carry them. */
export function converse(client: ClientExchange, server: ServerExchange, answer: Answerer): Conversation {
  const initial = client.start()
  const messages: (string | undefined)[] = [initial && text(initial)]
  let step = settle(server, server.start(initial), answer)
  while (step.kind === 'challenge') {
    messages.push(text(step.octets))
    const response = client.next(step.octets)
    if (response.kind === 'abort') return { server: server.cancel(), client: response.reason, messages }
    messages.push(text(response.octets))
    step = settle(server, server.next(response.octets), answer)
  }
  return { server: step, client: step.kind === 'success' ? (client.succeed() ?? 'trusts') : 'refused', messages }
}

/** Begins what has to be there. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not offered')
  return value
}

/** A folder of third-party vectors, `undefined` where it is absent. */
export function sharedVectors(name: string): string | undefined {
  const shared = process.env.ANGARIUM_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))
  const folder = join(shared, 'vectors', name)
  return existsSync(folder) ? folder : undefined
}
