import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { addressLimits, formatCommand, parseCommand } from '../src/index.ts'
import { hasShared, shared, sharedFolder, toOctets, toText, withoutShared } from './codec-shared.ts'
import { starttls } from './server-extensions.ts'
import { Rig } from './server-rig.ts'
import { usual } from './server-script.ts'

/** What Exim's tests send that is no command by RFC 5321, and the clause. Exim takes all of it. */
const faults: Readonly<Record<string, readonly [fault: string, clause: string]>> = {
  vrfy: ['argument-missing', '5321 4.1.1.6: "VRFY" SP String'],
  'mail from:someone@some.domain': ['path-syntax', '5321 4.1.2: Path = "<" ... ">"'],
  'mail from:some_ne@some.domain': ['path-syntax', '5321 4.1.2: Path = "<" ... ">"'],
  'rcpt to:CALLER@test.ex': ['path-syntax', '5321 4.1.2: Path = "<" ... ">"'],
}

describe(`third-party dialogues${withoutShared}`, () => {
  it.skipIf(!hasShared)('Exim: every command its clients send is one, but for those listed', () => {
    const utf8 = { ...addressLimits, utf8: true }
    const seen = new Set<string>()
    const verbs = /^(?:MAIL|RCPT|EHLO|HELO|VRFY|EXPN|NOOP|RSET|QUIT|DATA|BDAT|HELP|STARTTLS|AUTH|ETRN|XCLIENT)\b.*$/gim
    for (const file of readdirSync(sharedFolder('exim-scripts/scripts'), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      // Groups are written in one line; what follows DATA or BDAT in it is content.
      for (const [line] of readFileSync(`${file.parentPath}/${file.name}`, 'utf8').matchAll(verbs))
        for (const one of line.split('\\r\\n')) {
          seen.add(one)
          if (/^(DATA|BDAT)\b/i.test(one)) break
        }
    }
    expect(seen.size).toBeGreaterThan(150)
    for (const one of seen) {
      const parsed = parseCommand(one, utf8)
      if (faults[one] !== undefined || parsed.kind === 'fault')
        expect(parsed, one).toMatchObject({ kind: 'fault', fault: faults[one]?.[0] })
      else expect(parseCommand(toUtf8(formatCommand(parsed)), utf8), one).toEqual(parsed)
    }
    for (const one of Object.keys(faults)) expect(seen.has(one), one).toBe(true)
  })

  it.skipIf(!hasShared)('command-injection-tester: nothing said behind STARTTLS in clear is answered under TLS', () => {
    const { cases } = JSON.parse(shared('smtp-attacks/starttls-injection.json')) as {
      cases: { pre_tls_writes: string[]; injected: string | null; post_tls_probe: string }[]
    }
    expect(cases.length).toBeGreaterThan(1)
    for (const { pre_tls_writes: writes, injected, post_tls_probe: probe } of cases) {
      const rig = new Rig({ decide: usual, extensions: [starttls], tls: 'available' })
      rig.run()
      const said = rig.feed(writes.map(toOctets))
      if (injected !== null)
        expect([said.endsWith('\r\n') && / 554 |\n554 /.test(said), rig.session.mode]).toEqual([true, 'closing'])
      else {
        rig.session.tlsStarted()
        expect(rig.feed([toOctets(probe)])).toMatch(/^221 /)
      }
    }
  })
})

const toUtf8 = (octets: Uint8Array): string => new TextDecoder().decode(toOctets(toText(octets))).slice(0, -2)
