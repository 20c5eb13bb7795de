import type { Entity } from './entity.ts'

/**
 * The number by which IMAP names a part: '2.1' is the first part of the second. The body of a message that is no
 * multipart is its part 1. A multipart that is a message's body has the number of the message, '' for the whole.
 */
export function sectionOf(entity: Entity): string {
  const numbers: number[] = []
  for (let at = entity; ; ) {
    const { parent } = at
    if (parent?.form === 'multipart') numbers.push(at.index + 1)
    else if (at.form !== 'multipart') numbers.push(1)
    if (parent === undefined) return numbers.reverse().join('.')
    at = parent
  }
}

/** The number of a message: '' for the whole, else that of the part it is attached as. */
export const messageSectionOf = (message: Entity): string =>
  message.parent === undefined ? '' : sectionOf(message.parent)

/** A message, as against a part of a multipart. */
export const isMessage = ({ parent }: Entity): boolean => parent?.form !== 'multipart'
