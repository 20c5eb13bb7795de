import { parentPort } from 'node:worker_threads'
import { checkPassword, Secret, schemes } from '@angarium/sasl'
import type { PasswordAnswer, PasswordQuestion } from './login/password-checker.ts'

parentPort?.on('message', ({ id, records, password }: PasswordQuestion) => {
  const [first = schemes.scramSha256, ...others] = records
  let answer: PasswordAnswer
  try {
    // Records stay as they are: those wanted are those there.
    const { accepted } = checkPassword(records, new Secret(password), [first, ...others])
    answer = { id, verdict: accepted ? 'accepted' : 'refused' }
  } catch {
    answer = { id, verdict: 'unavailable' }
  }
  parentPort?.postMessage(answer)
})
