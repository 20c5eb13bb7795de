import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { session } from '../../interop/smtp.mjs'
import { holds, until } from '../../interop/stage.mjs'
import { startTraffic } from '../traffic.mjs'

export const title = 'a full disk: intake refuses, deliveries go on, and it comes back by itself'

const mebibyte = 1_048_576

export async function run(stage) {
  for (const [what, minFree] of [
    ['room is kept', 8 * mebibyte],
    ['no room is kept', 0],
  ]) {
    const disk = smallDisk(stage, join(stage.directory, `disk-${minFree}`))
    if (disk.because !== undefined) {
      stage.skip(what, disk.because)
      continue
    }
    await fill(stage, what, disk, minFree)
  }
}

async function fill(stage, what, disk, minFree) {
  let open = false
  const traffic = await startTraffic(stage, {
    name: `mta-${minFree}`,
    config: { data: join(disk.path, 'data'), queue: { minFree: `${minFree / 1024}KiB` } },
    // What goes on waits until the disk is full.
    answer: (verb) => (verb === 'RCPT' && !open ? '451 4.2.0 not now' : undefined),
  })
  const { mta } = traffic
  const remote = (number) => ({ number, to: `m${number}@remote.test` })
  for (let sent = 0; sent < 20; sent++) await traffic.sendAll(1, remote(traffic.take()))
  const talker = await session(mta.port)
  const refusal = async () => {
    const reply = await traffic.send(talker, remote(traffic.take()))
    return reply.startsWith('250') ? undefined : reply
  }
  await stage.check(`${what}: full, new mail is answered 452 4.3.1`, async () => {
    disk.fill(minFree / 2)
    const reply = await until('it refuses', refusal)
    holds(reply.startsWith('452 4.3.1'), reply)
  })
  if (minFree > 0)
    await stage.check(`${what}: what is there is delivered meanwhile`, async () => {
      open = true
      await mta.drained()
      const reply = await refusal()
      holds(reply?.startsWith('452 4.3.1'), reply ?? 'it took a message')
    })
  open = true
  await stage.check(`${what}: with room again it takes mail, untouched by hand`, async () => {
    disk.empty()
    await until('it takes mail', async () => (await refusal()) === undefined)
  })
  await stage.check(`${what}: nothing acknowledged is lost`, () => traffic.settled({ seconds: 180 }))
  talker.close()
}

/** A file system of 48 MiB of its own: in a loop device, or in memory. */
function smallDisk(stage, path) {
  const as = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const run = (...words) => {
    const [command, ...args] = [...as, ...words]
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
    return status === 0 ? undefined : (error?.message ?? stderr.trim())
  }
  mkdirSync(path)
  const image = `${path}.img`
  let because =
    run('truncate', '-s', '48M', image) ??
    run('mkfs.ext4', '-q', '-F', '-m', '0', image) ??
    run('mount', '-o', 'loop', image, path)
  if (because === undefined) stage.say(`${path} is a loop device`)
  else {
    const inMemory = run('mount', '-t', 'tmpfs', '-o', 'size=48m', 'angarium-faults', path)
    if (inMemory !== undefined) return { because: `neither a loop device (${because}) nor tmpfs (${inMemory})` }
    stage.say(`${path} is in memory: a loop device cannot be had: ${because}`)
  }
  stage.atEnd(() => {
    const left = run('umount', '-l', path)
    if (left !== undefined) throw new Error(left)
  })
  because = run('chown', `${process.getuid?.()}`, path)
  const filler = join(path, 'filler')
  return {
    path,
    because,
    /** Takes all room but so much. */
    fill(left) {
      const fd = openSync(filler, 'w')
      for (const size of [mebibyte, 4_096]) {
        const piece = Buffer.alloc(size, 1)
        try {
          for (;;) {
            const { bavail, bsize } = statfsSync(path)
            if (bavail * bsize < left + size) break
            writeSync(fd, piece)
          }
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error
        }
      }
      closeSync(fd)
    },
    empty: () => rmSync(filler),
  }
}
