import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Frame } from '../src/wire/frames.ts'
import { kinds, openParcel, protocolVersion } from '../src/wire/frames.ts'
import { FrameReader } from '../src/wire/reader.ts'
import { FrameWriter } from '../src/wire/writer.ts'
import { afterwards } from './place.ts'

/** A guest that says what it likes. */
export interface Guest {
  readonly socket: Socket
  readonly heard: readonly Frame[]
  /** Why the owner ended it. */
  readonly farewell: Promise<string>
  send(kind: number, number: number, value: unknown): void
  octets(kind: number, number: number, octets: Uint8Array): void
  next(kind: number): Promise<Frame>
}

/** Connects without a word. */
export async function guest(path: string): Promise<Guest> {
  const socket = connect(path)
  await once(socket, 'connect')
  afterwards(() => socket.destroy())
  const writer = new FrameWriter()
  const heard: Frame[] = []
  let wake = (): void => undefined
  let reason = ''
  const reader = new FrameReader(2 ** 30, undefined, {
    frame(frame) {
      heard.push({ ...frame, body: Buffer.from(frame.body) })
      if (frame.kind === kinds.bye) reason = (openParcel(frame.body).value as { message: string }).message
      wake()
    },
    fault: (because) => heard.push({ kind: 0, number: 0, body: Buffer.from(because), release: () => undefined }),
    hold: () => undefined,
    flow: () => undefined,
  })
  const farewell = new Promise<string>((resolve) => socket.on('close', () => resolve(reason)))
  socket.on('data', (chunk: Buffer) => reader.read(chunk))
  socket.on('error', () => undefined)
  const flush = (): void => {
    for (const buffer of writer.take()) socket.write(buffer)
  }
  return {
    socket,
    heard,
    farewell,
    send(kind, number, value) {
      writer.addParcel(kind, number, JSON.stringify(value))
      flush()
    },
    octets(kind, number, octets) {
      writer.addOctets(kind, number, octets)
      flush()
    },
    async next(kind) {
      for (;;) {
        const found = heard.find((frame) => frame.kind === kind)
        if (found !== undefined) {
          heard.splice(heard.indexOf(found), 1)
          return found
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** Connects and introduces itself. */
export async function welcomeGuest(path: string): Promise<Guest> {
  const one = await guest(path)
  one.send(kinds.hello, 0, { errand: 'queue', protocol: protocolVersion })
  await one.next(kinds.welcome)
  return one
}
