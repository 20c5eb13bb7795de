/** Deeper than this nothing is looked at. */
const maxDepth = 5
/** Members of a list or a mapping that are kept. */
const maxMembers = 100

/**
 * A copy fit for one line of a log: texts cut to `maxText` characters, few members, little depth; errors as what they
 * say, octets as their number.
 */
export function bounded(fields: Readonly<Record<string, unknown>>, maxText: number): Record<string, unknown> {
  return members(Object.entries(fields), maxText, 0)
}

function members(
  entries: readonly (readonly [string, unknown])[],
  maxText: number,
  depth: number,
): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null)
  for (const [key, value] of entries.slice(0, maxMembers)) result[key] = plain(value, maxText, depth + 1)
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
    return members(Object.entries({ name, message, ...own, stack, cause }), maxText, depth)
  }
  if (value instanceof Uint8Array) return `${value.length} octets`
  if (Array.isArray(value)) return value.slice(0, maxMembers).map((item) => plain(item, maxText, depth + 1))
  if (value instanceof Map)
    return members(
      [...value].map(([key, item]) => [String(key), item]),
      maxText,
      depth,
    )
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), maxText, depth + 1)
  return members(Object.entries(value), maxText, depth)
}
