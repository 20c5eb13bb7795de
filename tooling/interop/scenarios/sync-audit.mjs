import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startMta } from '../mta.mjs'
import { session, stuffed } from '../smtp.mjs'
import { holds, sleep } from '../stage.mjs'

export const title = 'between the last octet of a message and its 250 stands a sync of the store (strace)'
export const needs = [() => (spawnSync('strace', ['-V']).status === 0 ? undefined : 'strace is not here')]

export async function run(stage) {
  const trace = join(stage.directory, 'trace')
  const calls =
    'trace=read,recvfrom,recvmsg,readv,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync,rename,renameat,renameat2'
  const mta = await startMta(
    stage,
    { domains: { 'local.test': { maildir: join(stage.directory, 'mail/{local}') } } },
    // -D: the process we started is the server itself, and hears our signals. Paths with -y, time with -ttt, and enough of each buffer to see which octets they are.
    { under: ['strace', '-D', '-f', '-y', '-ttt', '-s', '300', '-e', calls, '-o', trace] },
  )
  const talker = await session(mta.port)
  const send = async (mark, lines) => {
    await talker.ask('MAIL FROM:<sender@sender.test>', '250')
    await talker.ask('RCPT TO:<alice@local.test>', '250')
    await talker.ask('DATA', '354')
    const content = Buffer.from(
      `Subject: ${mark}\r\n\r\n${'a line of the message that is audited here\r\n'.repeat(lines)}`,
    )
    const end = Buffer.from(`${mark}-last-line\r\n.\r\n`)
    talker.send(stuffed(content).subarray(0, -3))
    await sleep(300)
    talker.send(end)
    await talker.ask(undefined, '250')
  }
  const marks = ['small-in-a-row', 'large-in-a-file', 'second-in-the-session']
  await send(marks[0], 20)
  await send(marks[1], 5_000)
  await send(marks[2], 20)
  await sleep(500)
  const lines = readFileSync(trace, 'latin1').split('\n')
  for (const mark of marks)
    await stage.check(mark, () => {
      const { between, reply } = window(lines, mark)
      const syncs = between.filter((line) => / (fsync|fdatasync)\(/.test(line) && /= 0/.test(line))
      holds(
        syncs.some((line) => line.includes('queue.sqlite-wal')),
        `no sync of the database's log between the last octet and ${reply}; calls between:\n${between.join('\n')}`,
      )
      if (mark !== marks[1]) return
      holds(
        syncs.some((line) => /bodies\/[^>]+>/.test(line)),
        `no sync of the content's file:\n${syncs.join('\n')}`,
      )
      holds(
        syncs.some((line) => /bodies>/.test(line)),
        `no sync of the directory of the content's file:\n${syncs.join('\n')}`,
      )
    })
}

/** The calls from the read that brought the last octets to the write of the reply. A call told in two lines is joined. */
function window(lines, mark) {
  const unfinished = new Map()
  const whole = []
  for (const line of lines) {
    const [, thread, rest] = /^(\d+) +\S+ (.*)$/.exec(line) ?? []
    if (rest === undefined) continue
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, rest.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const resumed = /^<\.\.\. \S+ resumed>(.*)$/.exec(rest)
    const text = resumed === null ? rest : `${unfinished.get(thread) ?? ''}${resumed[1]}`
    whole.push(`${thread} ${text}`)
  }
  const from = whole.findIndex((line) => line.includes(`${mark}-last-line`))
  holds(from !== -1, `the trace does not show the last octets of ${mark}`)
  const to = whole.findIndex(
    (line, at) => at > from && / (write|writev|sendto|sendmsg)\(/.test(line) && line.includes('"250'),
  )
  holds(to !== -1, `the trace does not show the reply to ${mark}`)
  return { between: whole.slice(from, to), reply: whole[to] }
}
