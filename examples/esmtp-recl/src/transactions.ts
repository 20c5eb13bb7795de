import type { PolicyStage, RecipientFacts, SessionFacts, TransactionFacts } from '@angarium/reception'
import { proceed, type Refusal, type Reply, reply } from '@angarium/smtp-wire'

/** A transaction that RECL may end. */
export interface OpenTransaction {
  readonly reversePath: TransactionFacts['reversePath']
  readonly recipients: readonly RecipientFacts[]
}

/** Knows the transactions under way by watching them, because a verb's owner is told of its session only. */
export interface Transactions {
  readonly stage: PolicyStage
  /** Answers a verb that takes the place of DATA. A refusal leaves the transaction open; behind anything else it is over. */
  end(session: SessionFacts, answer: (open: OpenTransaction) => Promise<Reply>): Promise<Reply>
}

export function createTransactions(): Transactions {
  // The facts of a session are one value from MAIL to the end of its transaction.
  const open = new WeakMap<SessionFacts, OpenTransaction | 'over'>()
  const isOver = (session: SessionFacts): boolean => open.get(session) === 'over'
  return {
    stage: {
      name: 'recl',
      mail({ session, reversePath }) {
        open.set(session, { reversePath, recipients: [] })
        return proceed
      },
      rcpt(recipient, { session, reversePath, recipients }) {
        if (isOver(session)) return over
        open.set(session, { reversePath, recipients: [...recipients, recipient] })
        return proceed
      },
      dataStart: ({ session }) => (isOver(session) ? over : proceed),
    },
    async end(session, answer) {
      const transaction = open.get(session)
      if (transaction === undefined || transaction === 'over') return over
      const given = await answer(transaction)
      if (given.code < 400) open.set(session, 'over')
      return given
    },
  }
}

const over: Refusal = reply(503, '5.1', 'RECL has ended this transaction: go on with RSET or QUIT')
