import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

/** A certificate authority of the run's own, and certificates of every kind, made by openssl when first asked for. */
export function createCertificates(directory) {
  mkdirSync(directory, { recursive: true })
  const file = (name) => join(directory, name)
  const openssl = (...args) => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: directory, encoding: 'utf8' })
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`)
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  if (!existsSync(file('ca.pem')))
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=Angarium test authority',
      '-days',
      '30',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    )
  return {
    authority: file('ca.pem'),
    /** @returns paths, and what they hold */
    of(name, { subject = `/CN=${name}`, names = [name], signed = true } = {}) {
      const [certificate, privateKey] = [file(`${name}.pem`), file(`${name}.key`)]
      if (!existsSync(certificate)) {
        const extension =
          names.length > 0
            ? `subjectAltName=${names.map((one) => `${isIP(one) === 0 ? 'DNS' : 'IP'}:${one}`).join(',')}`
            : 'basicConstraints=CA:FALSE'
        if (signed) {
          openssl('req', ...key, '-subj', subject, '-keyout', privateKey, '-out', `${name}.csr`)
          writeFileSync(file(`${name}.ext`), extension)
          openssl(
            'x509',
            '-req',
            '-in',
            `${name}.csr`,
            '-CA',
            'ca.pem',
            '-CAkey',
            'ca.key',
            '-CAcreateserial',
            '-days',
            '30',
            '-extfile',
            `${name}.ext`,
            '-out',
            certificate,
          )
        } else
          openssl(
            'req',
            '-x509',
            ...key,
            '-subj',
            subject,
            '-addext',
            extension,
            '-days',
            '30',
            '-keyout',
            privateKey,
            '-out',
            certificate,
          )
      }
      // Peers read it as users of their own, and nobody relies on it.
      chmodSync(privateKey, 0o644)
      return { certificate, key: privateKey, pem: { cert: readFileSync(certificate), key: readFileSync(privateKey) } }
    },
  }
}
