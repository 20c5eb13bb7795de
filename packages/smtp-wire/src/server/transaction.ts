import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { RawParameter } from '../command/parameters.ts'
import type { Owned } from '../extension/registry.ts'
import {
  type AnyExtension,
  type ParameterCodec,
  proceed,
  type RcptContext,
  type SessionContext,
  type TransactionContext,
} from '../extension/types.ts'
import type { Refusal } from '../reply/reply.ts'
import type { Grant } from './hello.ts'

/** A transaction between its MAIL and its end. */
export interface OpenTransaction {
  readonly reversePath: ReversePath
  readonly parameters: Readonly<Record<string, unknown>>
  readonly raw: readonly RawParameter[]
  readonly recipients: ForwardPath[]
  /** It came with SMTPUTF8. */
  readonly utf8: boolean
}

/** Values by keyword, or why the first parameter that cannot be taken cannot. */
export type ReadParameters =
  | { readonly kind: 'values'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unknown-parameter' | 'parameter-syntax' }

/**
 * Reads parameters by the codecs of the extensions this session offered. One that was not offered is as unknown as one
 * that does not exist.
 *
 * @rfc 5321 4.1.1.11
 */
export function readParameters(
  raw: readonly RawParameter[],
  codecs: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>,
  offered: ReadonlySet<AnyExtension>,
): ReadParameters {
  if (raw.length === 0) return none
  const values: Record<string, unknown> = {}
  for (const [keyword, text] of raw) {
    const codec = codecs.get(keyword)
    if (codec === undefined || !offered.has(codec.owner)) return unknownParameter
    const value = codec.value.parse(text)
    if (value === undefined) return brokenParameter
    values[keyword] = value
  }
  return { kind: 'values', values }
}

const none: ReadParameters = { kind: 'values', values: Object.freeze({}) }
const unknownParameter: ReadParameters = { kind: 'unknown-parameter' }
const brokenParameter: ReadParameters = { kind: 'parameter-syntax' }

/** What an extension has against a command. */
export interface ByExtension {
  readonly reply: Refusal
  readonly by: string
}

type Values = Readonly<Record<string, unknown>>

/** What the extensions have against a MAIL. */
export function judgeMail(
  grant: Grant,
  session: SessionContext,
  reversePath: ReversePath,
  values: Values,
): ByExtension | undefined {
  if (grant.judgesOfMail.length === 0) return undefined
  const context: TransactionContext = { ...session, reversePath, mailParameters: values, recipients: [] }
  return firstRefusal(grant.judgesOfMail, (judge) => judge.onMail(values, context))
}

/** What they have against a RCPT. */
export function judgeRcpt(
  grant: Grant,
  session: SessionContext,
  transaction: OpenTransaction,
  forwardPath: ForwardPath,
  values: Values,
): ByExtension | undefined {
  if (grant.judgesOfRcpt.length === 0) return undefined
  const context: RcptContext = { ...contextOf(session, transaction), forwardPath }
  return firstRefusal(grant.judgesOfRcpt, (judge) => judge.onRcpt(values, context))
}

/** What they have against the content that is about to come. */
export function judgeData(
  grant: Grant,
  session: SessionContext,
  transaction: OpenTransaction,
  chunked: boolean,
): ByExtension | undefined {
  if (grant.judgesOfData.length === 0) return undefined
  const context = { ...contextOf(session, transaction), chunked }
  return firstRefusal(grant.judgesOfData, (judge) => judge.onDataStart(context))
}

function contextOf(
  session: SessionContext,
  { reversePath, parameters, recipients }: OpenTransaction,
): TransactionContext {
  return { ...session, reversePath, mailParameters: parameters, recipients }
}

function firstRefusal(
  judges: readonly AnyExtension[],
  ask: (judge: AnyExtension) => typeof proceed | Refusal,
): ByExtension | undefined {
  for (const judge of judges) {
    const verdict = ask(judge)
    if (verdict !== proceed) return { reply: verdict, by: judge.name }
  }
  return undefined
}
