import type { Contribute } from '@angarium/reception'
import { defineExtension } from '@angarium/smtp-wire'

/** A module as a configuration may name it. */
const contribute: Contribute = ({ settings }) => {
  const { word } = settings as { readonly word: string }
  return { extensions: [defineExtension({ name: 'xsalve', rfc: 5321, keyword: `X${word.toUpperCase()}` })] }
}

export default contribute
