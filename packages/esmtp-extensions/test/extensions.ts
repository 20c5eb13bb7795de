import type { AnyExtension } from '@angarium/smtp-wire'
import * as esmtp from '../src/index.ts'

/** Every extension of the package by the name of its file, with all it needs beside it. */
export const byName: Readonly<Record<string, readonly [AnyExtension, ...AnyExtension[]]>> = {
  '8bitmime': [esmtp.eightBitMime],
  '8bitmime-just-send': [esmtp.eightBitMimeJustSend],
  auth: [esmtp.auth(() => ['PLAIN'])],
  binarymime: [esmtp.binaryMime, esmtp.chunking, esmtp.eightBitMime],
  chunking: [esmtp.chunking],
  deliverby: [esmtp.deliverBy(60)],
  dsn: [esmtp.dsn],
  enhancedstatuscodes: [esmtp.enhancedStatusCodes],
  etrn: [esmtp.etrn],
  expn: [esmtp.expn],
  futurerelease: [esmtp.futureRelease({ maximum: 86_400, now: () => Date.UTC(2030, 0, 1) })],
  help: [esmtp.help],
  limits: [esmtp.limits],
  'mt-priority': [esmtp.mtPriority('MIXER')],
  pipelining: [esmtp.pipelining],
  requiretls: [esmtp.requireTls],
  rrvs: [esmtp.rrvs],
  size: [esmtp.size],
  smtputf8: [esmtp.smtpUtf8, esmtp.eightBitMime],
  starttls: [esmtp.startTls],
  vrfy: [esmtp.vrfy],
  xclient: [esmtp.xclient(({ peer }) => peer === '192.0.2.1')],
  xforward: [esmtp.xforward(({ peer }) => peer === '192.0.2.1')],
}
