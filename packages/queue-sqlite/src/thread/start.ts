import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'

/** Starts one of the package's threads. */
export function startThread(name: 'worker' | 'reader', workerData: unknown): Worker {
  // Built, the thread's file lies beside this chunk; from sources it is TypeScript and so is what it imports.
  const source = import.meta.url.endsWith('.ts')
  // Node takes the types off in WebAssembly, and V8 13.6 crashes now and then when it optimizes that in many threads.
  if (source) setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000')
  const file = source ? new URL(`../${name}.ts`, import.meta.url) : new URL(`./${name}.js`, import.meta.url)
  return new Worker(file, {
    workerData,
    execArgv: source
      ? ['--conditions=@angarium/source', '--disable-warning=ExperimentalWarning']
      : ['--disable-warning=ExperimentalWarning'],
  })
}
