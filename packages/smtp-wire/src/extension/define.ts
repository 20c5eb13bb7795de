import {
  type ClientHalf,
  type DataContext,
  type Extension,
  type ParameterSet,
  type ParameterValues,
  pass,
  type RcptContext,
  type Requirement,
  type SessionContext,
  type SessionSwitches,
  type TransactionContext,
  type VerbSpec,
  type Verdict,
} from './types.ts'

/** What an author writes; everything but the first three may be left out. The fields are those of {@link Extension}. */
export interface ExtensionSpec<M extends ParameterSet, R extends ParameterSet> {
  readonly name: string
  readonly rfc: number
  readonly keyword: string
  /** Left out: offered always, without arguments. */
  readonly ehlo?: (context: SessionContext) => readonly string[] | undefined
  readonly mail?: M
  readonly rcpt?: R
  readonly verbs?: Readonly<Record<string, VerbSpec>>
  readonly requires?: readonly Requirement[]
  readonly switches?: SessionSwitches
  /** Judges a MAIL after its parameters were read. Synchronous and pure; anything slower is a policy stage's work. */
  readonly onMail?: (parameters: ParameterValues<M>, context: TransactionContext) => Verdict
  /** Judges a RCPT likewise. */
  readonly onRcpt?: (parameters: ParameterValues<R>, context: RcptContext) => Verdict
  /** Judges a transaction at DATA or its first BDAT. */
  readonly onDataStart?: (context: DataContext) => Verdict
  /** Left out: its parameters, where a message came with them, go on to servers that offer the keyword, and end elsewhere. */
  readonly client?: ClientHalf<NoInfer<M>, NoInfer<R>>
}

type None = Record<never, never>

/**
 * Completes an extension. Its parameter types appear in every session that lists it: inferred where the functions of a
 * codec have their arguments annotated, or taken from the type the result is given to.
 */
export function defineExtension<M extends ParameterSet = None, R extends ParameterSet = None>(
  spec: ExtensionSpec<M, R>,
): Extension<M, R> {
  return {
    ehlo: () => [],
    mail: {} as M,
    rcpt: {} as R,
    verbs: {},
    requires: [],
    switches: {},
    onMail: pass,
    onRcpt: pass,
    onDataStart: pass,
    client: undefined,
    ...spec,
  }
}
