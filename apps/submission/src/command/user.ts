import { parseArgs } from 'node:util'
import { exitCodes } from '@angarium/host'
import { type CredentialRecord, createRecord, prepareStored, SaslError, type Secret, schemes } from '@angarium/sasl'
import { type Command, type Console, loadConfiguration, UsageError, visible } from '@angarium/station/command'
import { configFile } from '../config/file.ts'
import { editLines } from '../login/edit-users.ts'
import { formatUser, isUserName, loadUsers, parseLine, senderKey, type User } from '../login/users-file.ts'
import { readPassword } from './password-input.ts'

/** `angarium-submission user`: adds users, changes their passwords, removes and lists them. */
export const userCommand: Command = async ([action, ...rest], console) => {
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: { config: { type: 'string' }, 'send-as': { type: 'string', multiple: true, default: [] } },
  })
  const senders = values['send-as'].map(senderOf)
  if (senders.length > 0 && action !== 'add') throw new UsageError('--send-as goes with user add')
  const work = workOf(action, positionals, senders)
  const config = loadConfiguration(configFile, values.config, console)
  return config === undefined ? exitCodes.config : work(config.users, console)
}

type Work = (file: string, console: Console) => number | Promise<number>

/** What a command line asks for. @throws UsageError */
function workOf(action: string | undefined, positionals: readonly string[], senders: readonly string[]): Work {
  switch (action) {
    case 'add':
      return add(nameOf(positionals), senders)
    case 'passwd':
      return changePassword(nameOf(positionals))
    case 'remove':
      return remove(nameOf(positionals))
    case 'list':
      if (positionals.length > 0) throw new UsageError('user list takes no name')
      return list
    default:
      throw new UsageError(`${action === undefined ? 'what?' : `no ${action};`} add, passwd, remove or list`)
  }
}

function add(name: string, senders: readonly string[]): Work {
  return async (file, console) => {
    if (find(file, name) !== undefined) return refuse(console, `there is a user ${visible(name)} already`)
    const record = await newRecord(console)
    if (record === undefined) return exitCodes.data
    const line = formatUser({ name, records: [record], senders })
    // Somebody else may have been faster while the password was typed.
    editLines(file, (lines) => [...without(lines, name), line])
    console.out(`added: ${visible(name)}`)
    return exitCodes.ok
  }
}

function changePassword(name: string): Work {
  return async (file, console) => {
    if (find(file, name) === undefined) return refuse(console, `there is no user ${visible(name)}`)
    const record = await newRecord(console)
    if (record === undefined) return exitCodes.data
    editLines(file, (lines) =>
      lines.map((line) => {
        const user = userOf(line)
        return user?.name === name ? formatUser({ ...user, records: [record] }) : line
      }),
    )
    console.out(`changed: ${visible(name)}`)
    return exitCodes.ok
  }
}

function remove(name: string): Work {
  return (file, console) => {
    if (find(file, name) === undefined) return refuse(console, `there is no user ${visible(name)}`)
    editLines(file, (lines) => without(lines, name))
    console.out(`removed: ${visible(name)}`)
    return exitCodes.ok
  }
}

function list(file: string, console: Console): number {
  const loaded = loadUsers(file)
  const users = loaded.kind === 'loaded' ? [...loaded.users.values()] : []
  for (const { name, records, senders } of users)
    console.out(
      [visible(name), records.map(({ kind }) => kind).join(','), ...senders.map((one) => visible(one))].join('  '),
    )
  console.out(users.length === 1 ? '1 user' : `${users.length} users`)
  return exitCodes.ok
}

function nameOf([given, ...more]: readonly string[]): string {
  if (given === undefined || more.length > 0) throw new UsageError('expected one name')
  const name = prepareStored(given) ?? ''
  if (!isUserName(name)) throw new UsageError(`${visible(given)}: cannot be a user name`)
  return name
}

function senderOf(text: string): string {
  const sender = senderKey(text)
  if (sender === undefined) throw new UsageError(`--send-as ${text}: expected an address, or @example.com for a domain`)
  return sender
}

/** The file is known to be right: a configuration with another does not load. */
function find(file: string, name: string): User | undefined {
  const loaded = loadUsers(file)
  return loaded.kind === 'loaded' ? loaded.users.get(name) : undefined
}

function userOf(line: string): User | undefined {
  const user = parseLine(line)
  return typeof user === 'object' ? user : undefined
}

const without = (lines: readonly string[], name: string): readonly string[] =>
  lines.filter((line) => userOf(line)?.name !== name)

/** What is kept of a password that is read now; `undefined`, with the reason told, where it cannot be one. */
async function newRecord(console: Console): Promise<CredentialRecord | undefined> {
  const password: Secret | undefined = await readPassword()
  if (password === undefined) {
    refuse(console, 'no password was given, or two that differ')
    return undefined
  }
  try {
    return createRecord(password, schemes.scramSha256)
  } catch (error) {
    if (!SaslError.is(error, 'SASL_BAD_CREDENTIALS')) throw error
    refuse(console, 'that cannot be a password')
    return undefined
  }
}

function refuse(console: Console, because: string): number {
  console.err(`angarium-submission user: ${because}`)
  return exitCodes.data
}
