import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { angarium, freePort, type Program, startAngarium } from './program.ts'

// Each step is a process of its own.
vi.setConfig({ testTimeout: 180_000 })

let cwd: string
const running: Program[] = []
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'shared-queue-'))
})
afterEach(async () => {
  for (const program of running.splice(0)) await program.end('SIGKILL')
  rmSync(cwd, { recursive: true })
})

const mailboxes = `domains: { local.test: { maildir: '../mail/{local}', mailboxes: [alice] } }`

async function start(name: string, settings: string): Promise<Program> {
  mkdirSync(join(cwd, name), { recursive: true })
  const file = join(cwd, name, 'angarium.yaml')
  writeFileSync(file, `hostname: ${name}.test\n${mailboxes}\n${settings}\n`)
  const program = startAngarium(['serve', '--config', file], cwd)
  running.push(program)
  await program.says('"msg":"started"')
  return program
}

it('one process has the queue, others bring mail to it and deliver from it, and each may fall', async () => {
  const port = await freePort()
  const listeners = `listeners: [{ address: 127.0.0.1, port: ${port} }]`
  const send = (text: string) =>
    angarium(['send', '--server', `127.0.0.1:${port}`, '--from', 'bob@local.test', '--to', 'alice@local.test'], {
      cwd,
      input: `Subject: ${text}\n\nHello.`,
    })

  const owner = await start('owner', 'listeners: []\nqueue: { share: true }')
  const reception = await start(
    'reception',
    `${listeners}\nqueue: { owner: ../owner/data }\ndelivery: { paused: true }`,
  )
  const worker = await start('worker', 'listeners: []\nqueue: { owner: ../owner/data }')
  await owner.says('"msg":"worker-came"')

  expect(send('to the worker')).toMatchObject({ status: 0 })
  await worker.says('"msg":"delivered"')
  expect(owner.output()).not.toContain('"msg":"delivered"')

  await worker.end('SIGKILL')
  await owner.says('"msg":"worker-gone"')
  expect(send('to the owner')).toMatchObject({ status: 0 })
  await owner.says('"msg":"delivered"')

  const counted = angarium(['queue', 'stats', '--json', '--config', join(cwd, 'reception', 'angarium.yaml')], { cwd })
  expect(JSON.parse(counted.stdout)).toMatchObject({ accepted: 2, delivered: 2, messages: 0 })

  await owner.end('SIGKILL')
  const refused = send('to nobody')
  expect(refused.status).toBe(75)
  expect(refused.stderr).toMatch(/: 4\d\d /)

  const next = await start('owner', 'listeners: []\nqueue: { share: true }')
  await reception.says('"msg":"queue-owner-found"')
  expect(send('to the next')).toMatchObject({ status: 0 })
  await next.says('"msg":"delivered"')
  for (const program of [reception, next]) expect(await program.end('SIGTERM')).toBe(0)
})
