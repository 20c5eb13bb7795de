// Leaves the sources of the pure packages nothing but the language: every other global of the runtime they are run on is
// taken from them, so that a use of `process`, `Buffer` or `setTimeout` fails where it happens.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { isLanguageOnly } from './pure.mjs'

/** The names that ECMA-262 (2025) gives the global object, without `globalThis`. */
const language = new Set(
  (
    'Infinity NaN undefined eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI ' +
    'encodeURIComponent escape unescape AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean ' +
    'DataView Date Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Int8Array ' +
    'Int16Array Int32Array Iterator Map Number Object Promise Proxy RangeError ReferenceError RegExp Set ' +
    'SharedArrayBuffer String Symbol SyntaxError TypeError Uint8Array Uint8ClampedArray Uint16Array Uint32Array ' +
    'URIError WeakMap WeakRef WeakSet Atomics JSON Math Reflect'
  ).split(' '),
)

/** Names that no global object has, but that vitest or a CommonJS loader puts around a module. */
const around = ['require', 'module', 'exports', '__filename', '__dirname']

/** The function that stands in the sources for what was taken; setup.mjs puts it in place. */
export const taken = '__taken'

/** The vite plugin that takes it. The compiler knows which names are free, so one that a source declares itself stays. */
export function languageOnly() {
  const names = [...Object.getOwnPropertyNames(globalThis), ...around].filter(
    (name) => /^[\w$]+$/.test(name) && !language.has(name),
  )
  let vite
  return {
    name: 'language-only',
    enforce: 'pre',
    async buildStart() {
      // It comes with vitest and is no dependency of the workspace itself.
      const vitest = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))
      vite = await import(pathToFileURL(vitest.resolve('vite')))
    },
    async transform(code, id) {
      const file = id.split('?')[0]
      if (!isLanguageOnly(file)) return undefined
      const call = (name) => `${taken}(${JSON.stringify(file)}, "${name}")`
      const define = Object.fromEntries(names.map((name) => [name, call(name)]))
      const { code: bare, map } = await vite.transformWithOxc(code, file, { define })
      return { code: bare, map }
    },
  }
}
