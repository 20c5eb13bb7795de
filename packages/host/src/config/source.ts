import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml'

/** A file's text as YAML sees it, with the way back to lines and columns. */
export interface Source {
  readonly file: string
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

/**
 * Line and column of the value at a path; of its key with `onKey`; of the nearest thing around it that is in the file
 * when the value is not.
 */
export function positionOf(
  { document, lines }: Source,
  path: readonly PropertyKey[],
  onKey: boolean,
): { readonly line: number; readonly column: number } {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, key] of path.entries()) {
    const seen: unknown = isAlias(node) ? node.resolve(document) : node
    let next: unknown
    if (isSeq(seen)) next = seen.items[Number(key)]
    else if (isMap(seen)) {
      const pair = seen.items.find((item: Pair) => String(isScalar(item.key) ? item.key.value : item.key) === key)
      // A missing setting is looked for where its section begins.
      if (pair === undefined) break
      offset = startOf(pair.key) ?? offset
      next = pair.value
    }
    if (next === undefined) break
    node = next
    if (!onKey || depth < path.length - 1) offset = startOf(node) ?? offset
  }
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
