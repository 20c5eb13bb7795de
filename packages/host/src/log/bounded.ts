/** Deeper than this nothing is looked at. */
const maxDepth = 5
/** Members of a list or a mapping that are kept. */
const maxMembers = 100

/**
 * A copy fit for one line of a log, the event first: texts cut to `maxText` characters, few members, little depth; errors
 * as what they say, octets as their number.
 */
export function bounded(
  event: string,
  fields: Readonly<Record<string, unknown>>,
  maxText: number,
): Record<string, unknown> {
  const line: Record<string, unknown> = Object.create(null)
  line.msg = plain(event, maxText, 1)
  return members(line, fields, maxText, 0)
}

/** Adds to `result` the first own members. */
function members(
  result: Record<string, unknown>,
  from: Readonly<Record<string, unknown>>,
  maxText: number,
  depth: number,
): Record<string, unknown> {
  let count = 0
  for (const key in from) {
    if (!Object.hasOwn(from, key)) continue
    if (count++ === maxMembers) break
    result[key] = plain(from[key], maxText, depth + 1)
  }
  return result
}

function plain(value: unknown, maxText: number, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return value.length > maxText ? `${value.slice(0, maxText)} [${value.length - maxText} more]` : value
    case 'bigint':
      return value.toString()
    case 'number':
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      return value === null || depth > maxDepth ? null : structure(value, maxText, depth)
    default:
      return undefined
  }
}

function structure(value: object, maxText: number, depth: number): unknown {
  if (value instanceof Error) {
    const { name, message, stack, cause, ...own } = value
    return members(Object.create(null), { name, message, ...own, stack, cause }, maxText, depth)
  }
  if (value instanceof Uint8Array) return `${value.length} octets`
  if (Array.isArray(value)) return value.slice(0, maxMembers).map((item) => plain(item, maxText, depth + 1))
  if (value instanceof Map) {
    const some = Object.fromEntries([...value].slice(0, maxMembers).map(([key, item]) => [String(key), item]))
    return members(Object.create(null), some, maxText, depth)
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), maxText, depth + 1)
  return members(Object.create(null), value as Record<string, unknown>, maxText, depth)
}
