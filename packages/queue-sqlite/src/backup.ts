import { access, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { misuse } from '@angarium/queue/lifecycle'
import type { BodyFiles } from './bodies/files.ts'
import { nodeBodyFiles, syncPath } from './bodies/files.ts'
import { readPages } from './thread/reader.ts'

/** Name of the database in a queue's directory. */
export const databaseName = 'queue.sqlite'

/**
 * Copies a queue whose content files stay while this runs. The database gets its name last: a copy that was cut short is
 * none.
 */
export async function copyQueue(from: string, files: BodyFiles, directory: string): Promise<void> {
  const bodies = join(directory, 'bodies')
  const target = nodeBodyFiles(bodies)
  const whole = join(directory, databaseName)
  const partial = `${whole}.partial`
  if (await exists(whole)) throw misuse('backup', `there is a queue in ${directory}`)
  await target.prepare()
  try {
    // Of an attempt that was cut short.
    await rm(partial, { force: true })
    for await (const { filed } of readPages('backup', { path: join(from, databaseName), to: partial }))
      for (const { id } of filed) await copyContent(files, target, id, join(bodies, id))
    await target.syncDirectory()
    await syncPath(partial)
    await rename(partial, whole)
    await syncPath(directory)
  } finally {
    await target.close?.()
  }
}

async function copyContent(files: BodyFiles, target: BodyFiles, id: string, path: string): Promise<void> {
  // Missing here as there: the message is damaged in both.
  if ((await files.size(id)) === undefined) return
  await target.remove(id)
  if (files.duplicate !== undefined) return files.duplicate(id, path)
  const writer = await target.create(id)
  try {
    for await (const chunk of files.read(id)) await writer.write(chunk)
    await writer.sync()
  } finally {
    await writer.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
