import { type Mailbox, parseMailbox } from '@angarium/smtp-wire'
import { type ExtensionCase, extensionCases } from '@angarium/smtp-wire/compliance'
import * as esmtp from '../src/index.ts'

const body = {
  values: ['8BITMIME', '7BIT'],
  malformed: [undefined, '8BIT', 'BINARY', '8BITMIME;'],
} as const
const trusted = ({ peer }: { readonly peer: string | undefined }): boolean => peer === '192.0.2.1'
const now = (): number => Date.UTC(2030, 0, 1)

/** The cases of the compliance suite for every extension, with samples of all it has. */
export const cases: Readonly<Record<string, readonly ExtensionCase[]>> = {
  auth: extensionCases(
    esmtp.auth(({ tls }) => (tls === 'active' ? ['PLAIN', 'LOGIN'] : [])),
    {
      mail: {
        AUTH: {
          values: [
            { kind: 'null' },
            parseMailbox('e=mc2@example.com') as Mailbox,
            parseMailbox('"a b"@x.example') as Mailbox,
          ],
          malformed: [
            undefined,
            '',
            '<',
            'ada',
            '<ada@example.com>',
            'e+3Dmc2',
            'a+zz@example.com',
            `a@${'x'.repeat(494)}`,
          ],
        },
      },
      verbs: {
        AUTH: {
          wellFormed: ['PLAIN', 'plain AGFkYQBzZWNyZXQ=', 'LOGIN ='],
          malformed: [
            '',
            'CRAM-MD5',
            'PLAIN AGFk=YQ',
            'PLAIN ==',
            'PLAIN =AGF',
            'PLAIN AGFk YQ==',
            'PLAIN *',
            'PLAIN AGF',
          ],
        },
      },
      offeredIn: { tls: 'active' },
    },
  ),
  atrn: extensionCases(esmtp.atrn, {
    verbs: {
      ATRN: {
        wellFormed: ['', 'example.org', 'example.org,www.example.com'],
        malformed: ['localname', 'a.example,', ',a.example', 'a.example b.example', '[192.0.2.1]'],
      },
    },
    beside: [esmtp.auth(() => ['PLAIN'])],
    offeredIn: { identity: 'ada' },
  }),
  burl: extensionCases(
    esmtp.burl(({ identity }) => (identity === undefined ? [] : ['imap', 'imap://imap.example.com'])),
    {
      verbs: {
        BURL: {
          wellFormed: ['imap://ada@imap.example/outbox;uid=25 LAST', 'http://x.example/'],
          malformed: ['', 'LAST', 'outbox', '/outbox', 'imap:', 'imap://x FIRST', 'imap://x LAST LAST', '1map://x'],
        },
      },
      beside: [esmtp.eightBitMime],
    },
  ),
  checkpoint: extensionCases(esmtp.checkpoint, {
    mail: {
      TRANSID: {
        values: ['<12345@claremont.edu>'],
        malformed: [undefined, '', '<>', '<a>', 'a@b', '<a@b@c>', '<a..b@c>', '<(a)@b>', `<${'a'.repeat(77)}@b>`],
      },
    },
  }),
  conneg: extensionCases(esmtp.conNeg, { rcpt: { CONNEG: { values: [true], malformed: ['', 'yes'] } } }),
  conperm: extensionCases(esmtp.conPerm, { mail: { CONPERM: { values: [true], malformed: ['', 'yes'] } } }),
  mtrk: extensionCases(esmtp.mtrk, {
    mail: {
      MTRK: {
        values: [{ certifier: 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA' }, { certifier: 'YQ', timeout: 86_400 }],
        malformed: [undefined, '', ':1', 'YQ:', 'YQ:x', 'YQ:1234567890', 'Y-Q', 'x'.repeat(28)],
      },
    },
    beside: [esmtp.dsn],
  }),
  'no-soliciting': extensionCases(esmtp.noSoliciting(['net.example:ADV']), {
    mail: {
      SOLICIT: {
        values: [['org.example:ADV:ADLT'], ['a', 'B.c-d_e:9'], ['net.example:adv', 'a']],
        malformed: [undefined, '', ',', 'a,', ',a', '9a', 'a;b', 'x'.repeat(1001)],
      },
    },
    offers: [['net.example:ADV,a'], [','], ['a']],
  }),
  submitter: extensionCases(esmtp.submitter, {
    mail: {
      SUBMITTER: {
        values: [parseMailbox('alice@example.com') as Mailbox, parseMailbox('a=b+c@example.com') as Mailbox],
        malformed: [undefined, '', '<>', 'alice', '<alice@example.com>', 'a+zz@example.com', 'a+2@example.com'],
      },
    },
  }),
  xverp: extensionCases(esmtp.xverp(trusted), {
    mail: { XVERP: { values: ['', '+-', '--'], malformed: ['', '+', '+=', '===', '@@', 'ab'] } },
    offeredIn: { peer: '192.0.2.1' },
  }),
  size: extensionCases(esmtp.size, {
    mail: {
      SIZE: {
        values: [1_000, 0, Number.MAX_SAFE_INTEGER],
        malformed: [undefined, '-1', '1e3', '0x10', '10.5', '1'.repeat(21)],
      },
    },
    offers: [['1000'], ['0'], ['99999999999999999999'], ['1000', '2000']],
  }),
  '8bitmime': extensionCases(esmtp.eightBitMime, { mail: { BODY: body } }),
  '8bitmime, just send': extensionCases(esmtp.eightBitMimeJustSend, { mail: { BODY: body } }),
  '8bitmime beside binarymime': extensionCases(esmtp.eightBitMime, {
    mail: { BODY: { ...body, values: ['BINARYMIME', '8BITMIME'] } },
    beside: [esmtp.chunking, esmtp.binaryMime],
  }),
  pipelining: extensionCases(esmtp.pipelining, {}),
  enhancedstatuscodes: extensionCases(esmtp.enhancedStatusCodes, {}),
  starttls: extensionCases(esmtp.startTls, {
    verbs: { STARTTLS: { wellFormed: [''], malformed: ['now', 'STARTTLS', '1'] } },
    offeredIn: { tls: 'available' },
  }),
  chunking: extensionCases(esmtp.chunking, {
    verbs: {
      BDAT: {
        wellFormed: ['12 LAST', '0 last', '9 LaSt', '5', '0', '00000000000000000007'],
        malformed: ['', 'LAST', 'x', '-1', '1.5', '0x10', '5 FIRST', '5 LAST LAST', '5LAST', '1'.repeat(21)],
      },
    },
  }),
  binarymime: extensionCases(esmtp.binaryMime, { beside: [esmtp.chunking, esmtp.eightBitMime] }),
  dsn: extensionCases(esmtp.dsn, {
    mail: {
      RET: { values: ['FULL', 'HDRS'], malformed: [undefined, '', 'BODY', 'FULL,HDRS'] },
      ENVID: {
        values: ['QQ314159', 'a+20b+2Bc', '<x@y>', 'x'.repeat(100)],
        malformed: [undefined, '', 'x'.repeat(101), '+', '+4', '+4g', '+0A', '+2b', '+80', 'a=b'],
      },
    },
    rcpt: {
      NOTIFY: {
        values: [['NEVER'], ['SUCCESS'], ['FAILURE', 'DELAY'], ['SUCCESS', 'FAILURE', 'DELAY']],
        malformed: [undefined, '', 'ALWAYS', 'NEVER,SUCCESS', 'SUCCESS,', ',DELAY', 'SUCCESS;DELAY'],
      },
      ORCPT: {
        values: ['rfc822;Bob@example.com', 'rfc822;bob+2Bx@example.com', 'X400;/c=+40/'.replace('=', '+3D')],
        malformed: [undefined, '', 'bob@example.com', ';bob', 'rfc822', 'rfc@822;bob', 'rfc822;+zz', 'rfc822;+00'],
      },
    },
  }),
  'dsn with utf-8': extensionCases(esmtp.dsn, {
    mail: { RET: { values: ['HDRS'], malformed: ['X'] }, ENVID: { values: ['x'], malformed: ['é'] } },
    rcpt: {
      NOTIFY: { values: [['DELAY']], malformed: ['X'] },
      ORCPT: {
        values: ['utf-8;\\x{414}@example.com', 'utf-8;Дмитрий@example.com', 'UTF-8;a'],
        malformed: ['utf-8;', 'rfc822;Дмитрий@example.com', `utf-8;${'Д'.repeat(248)}`],
      },
    },
    beside: [esmtp.eightBitMime, esmtp.smtpUtf8],
  }),
  smtputf8: extensionCases(esmtp.smtpUtf8, {
    mail: { SMTPUTF8: { values: [true], malformed: ['', '1', 'yes'] } },
    beside: [esmtp.eightBitMime],
  }),
  deliverby: extensionCases(esmtp.deliverBy(60), {
    mail: {
      BY: {
        values: [
          { seconds: 120, mode: 'return', trace: false },
          { seconds: 60, mode: 'return', trace: true },
          { seconds: -999_999_999, mode: 'notify', trace: true },
          { seconds: 0, mode: 'notify', trace: false },
        ],
        malformed: [undefined, '', '60', '60;', ';R', '60;X', '60;RX', '60;TR', '0;R', '-1;R', '1234567890;N', '6.5;N'],
      },
    },
    offers: [['60'], ['999999999'], [',X'], ['60,X'], ['x,60']],
  }),
  'mt-priority': extensionCases(esmtp.mtPriority('MIXER'), {
    mail: {
      'MT-PRIORITY': {
        values: [3, 0, -9, 9],
        malformed: [undefined, '', '10', '-10', '+1', '-0', '01', '1.0', 'high'],
      },
    },
  }),
  requiretls: extensionCases(esmtp.requireTls, {
    mail: { REQUIRETLS: { values: [true], malformed: ['', 'yes', '1'] } },
    offeredIn: { tls: 'active' },
  }),
  limits: extensionCases(esmtp.limits, {
    offers: [
      ['RCPTMAX=20'],
      ['MAILMAX=1', 'RCPTMAX=2', 'RCPTDOMAINMAX=1'],
      ['RCPTMAX=0'],
      ['rcptmax=5', 'X=y'],
      ['x!'],
    ],
  }),
  futurerelease: extensionCases(esmtp.futureRelease({ maximum: 86_400, now }), {
    mail: {
      HOLDFOR: { values: [3_600, 1, 86_400], malformed: [undefined, '', '0', '01', '-1', '1.5', '1000000000'] },
      HOLDUNTIL: {
        values: [now() + 60_000, now() + 86_400_000],
        malformed: [
          undefined,
          '',
          '2030-01-01',
          '2030-01-01T00:00:00',
          '2030-01-01T00:00:00+00:00',
          '2030-02-30T00:00:00Z',
        ],
      },
    },
    offeredIn: { identity: 'ada' },
    offers: [['86400', '2030-01-02T00:00:00Z'], ['0', 'never'], ['1']],
  }),
  rrvs: extensionCases(esmtp.rrvs, {
    rcpt: {
      RRVS: {
        values: [{ since: now() }, { since: 0, noSupport: 'C' }, { since: now(), noSupport: 'R' }],
        malformed: [
          undefined,
          '',
          '2014-04-03',
          '2014-04-03T23:01:00Z;',
          '2014-04-03T23:01:00Z;X',
          '2014-04-03T23:01:00.5Z',
        ],
      },
    },
  }),
  etrn: extensionCases(esmtp.etrn, {
    verbs: {
      ETRN: {
        wellFormed: ['example.com', '@example.com', '#uucp', 'xn--d1acufc.example'],
        malformed: [
          '',
          'localname',
          '@',
          '#',
          '@#x',
          'a b.example',
          '[192.0.2.1]',
          'example.com.',
          `#${'x'.repeat(256)}`,
        ],
      },
    },
  }),
  xclient: extensionCases(esmtp.xclient(trusted), {
    verbs: {
      XCLIENT: {
        wellFormed: [
          'ADDR=192.0.2.1',
          'name=client.example addr=IPv6:2001:db8::1 port=4242 proto=smtp helo=x login=a+2Bb destaddr=192.0.2.2 destport=25',
          'NAME=[TEMPUNAVAIL] ADDR=[unavailable]',
        ],
        malformed: [
          '',
          'NAME',
          'NAME=',
          'NONO=x',
          'ADDR=2001:db8::1',
          'ADDR=300.0.0.1',
          'PORT=65536',
          'PROTO=LMTP',
          'NAME=a NAME=b',
          'HELO=a+20b',
          'LOGIN=+C3+A9',
        ],
      },
    },
    offeredIn: { peer: '192.0.2.1' },
  }),
  xforward: extensionCases(esmtp.xforward(trusted), {
    verbs: {
      XFORWARD: {
        wellFormed: ['NAME=client.example ADDR=192.0.2.1 PROTO=ESMTP', 'ident=4F1A source=local', 'ADDR=[UNAVAILABLE]'],
        malformed: ['', 'NAME', 'LOGIN=x', 'SOURCE=NEAR', 'NAME=a NAME=b', 'HELO=a+0Ab', `HELO=${'x'.repeat(256)}`],
      },
    },
    offeredIn: { peer: '192.0.2.1' },
  }),
  help: extensionCases(esmtp.help, {}),
  expn: extensionCases(esmtp.expn, {}),
  vrfy: extensionCases(esmtp.vrfy, {}),
}
