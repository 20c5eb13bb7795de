/** The operator's view of a server's queue: the command `queue`. */
export { type QueueProgram, queueCommand } from './queue/command.ts'
