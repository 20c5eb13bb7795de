// Runs before each test file, in the process or thread that runs it.
import { taken } from './language.mjs'

const { name, version } = JSON.parse(process.env.ANGARIUM_RUNTIME)
const { node, bun, deno } = process.versions
const here = bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node-${node.split('.')[0]} ${node}`
if (here !== `${name} ${version}`) throw new Error(`meant for ${name} ${version}, but this is ${here}`)

globalThis[taken] = (file, global) => {
  throw new ReferenceError(`${global} is not part of ECMAScript; ${file} uses it`)
}
