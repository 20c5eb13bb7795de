import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { VerbEffect } from '@angarium/smtp-wire'

/** A text behind "=" (`null`: no "="), what it means, and how that is written again. No `value`: refused. */
interface ParameterVector {
  readonly name?: string
  readonly text: string | null
  readonly value?: unknown
  readonly again?: string
}

/** An argument, and what it leads to: an effect, or a reply of this code. */
interface VerbVector {
  readonly argument: string
  readonly effect?: VerbEffect
  readonly code?: number
}

/** A refusal in the place of what would be sent. */
export type Refused = readonly [code: number, status: string]

/** What came with a message, what the server offers, and what is said to it. */
export interface PlanVector {
  readonly name: string
  /** Lines of the EHLO reply. */
  readonly offers?: readonly string[]
  readonly tls?: boolean
  /** Empty: none. */
  readonly from?: string
  readonly to?: readonly string[]
  /** Parameters that came with MAIL, and with each RCPT. */
  readonly mail?: string
  readonly rcpt?: readonly string[]
  readonly size?: number
  readonly body?: '7bit' | '8bit' | 'binary'
  readonly utf8Header?: boolean
  /** Parameters of MAIL (`null`: nothing is sent at all), then those of each RCPT, or why that one is not sent. */
  readonly says?: readonly (string | null | Refused)[]
  /** Why nothing is sent. */
  readonly veto?: Refused
}

/** What an extension is to do, as data: one file for each, named by its keyword. */
export interface Vectors {
  readonly parameters?: Readonly<Record<string, readonly ParameterVector[]>>
  readonly verbs?: Readonly<Record<string, readonly VerbVector[]>>
  readonly plans?: readonly PlanVector[]
}

/** Reads `vectors/<name>.json`. */
export const vectorsOf = <V extends Vectors>(name: string): V =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', `${name}.json`), 'utf8')) as V
