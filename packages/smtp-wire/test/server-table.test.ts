import { describe, expect, it } from 'vitest'
import { commandTable, type Phase, type TableVerb } from '../src/index.ts'
import { toOctets } from './codec-shared.ts'
import { chunking } from './server-extensions.ts'
import { Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

const ways: Readonly<Record<Phase, readonly string[]>> = {
  fresh: [],
  ready: ['EHLO c\r\n'],
  mail: ['EHLO c\r\n', 'MAIL FROM:<>\r\n'],
  rcpt: ['EHLO c\r\n', 'MAIL FROM:<>\r\n', 'RCPT TO:<bob@mx>\r\n'],
  chunking: ['EHLO c\r\n', 'MAIL FROM:<>\r\n', 'RCPT TO:<bob@mx>\r\n', 'BDAT 1\r\nx'],
}
const commands: Readonly<Record<TableVerb, readonly string[]>> = {
  hello: ['EHLO c\r\n'],
  mail: ['MAIL FROM:<>\r\n'],
  rcpt: ['RCPT TO:<bob@mx>\r\n'],
  data: ['DATA\r\n', '.\r\n'],
  rset: ['RSET\r\n'],
  noop: ['NOOP\r\n'],
  quit: ['QUIT\r\n'],
  vrfy: ['VRFY bob\r\n'],
  expn: ['EXPN list\r\n'],
  help: ['HELP\r\n'],
}

function inPhase(phase: Phase): Rig {
  const rig = new Rig({ decide: usual, extensions: [chunking] })
  rig.run()
  for (const write of ways[phase]) rig.feed([toOctets(write)])
  return rig
}

/** The phase, by what DATA gets there. */
function phaseOf(rig: Rig): Phase | undefined {
  const reply = rig.feed([toOctets('DATA\r\n')])
  return ([...(Object.keys(ways) as Phase[])] as const).find((phase) => {
    const row = commandTable[phase].data
    return typeof row === 'string' ? reply.startsWith('354') : reply === `${row.code} ${row.text[0]}\r\n`
  })
}

const all = (Object.keys(ways) as Phase[]).flatMap((phase) =>
  (Object.keys(commands) as TableVerb[]).map((verb) => [phase, verb] as const),
)

describe('the table is what a session does', () => {
  it('each phase can be told from the others', () => {
    for (const phase of Object.keys(ways) as Phase[]) expect(phaseOf(inPhase(phase))).toBe(phase)
  })

  it.each(all)('in phase %s: %s', (phase, verb) => {
    const rig = inPhase(phase)
    const [first = '', ...rest] = commands[verb]
    const reply = rig.feed([toOctets(first)])
    const row = commandTable[phase][verb]
    if (typeof row === 'string') {
      expect(reply).toMatch(/^[23]/)
      for (const write of rest) expect(rig.feed([toOctets(write)])).toMatch(/^250/)
    } else expect(reply).toBe(`${row.code} ${row.text[0]}\r\n`)
    if (verb === 'quit') expect(rig.session.mode).toBe('closing')
    else expect(phaseOf(rig)).toBe(typeof row === 'string' ? row : phase)
  })
})
