import { encodeUtf8, isHighSurrogate, SP } from '../octets.ts'
import { checkText, isAscii } from './text.ts'

/**
 * Makes unstructured text fit for an ASCII header: the words that need it become encoded-words (UTF-8; Q where
 * that leaves most of it readable, else B), the others stay. Text that needs nothing comes back as it is.
 *
 * @throws ImfError UNSAFE_TEXT for controls: they could come back as line ends in a reader
 * @rfc 2047 5
 */
export function encodeUnstructured(text: string): string {
  checkText(text, 'field body')
  if (isAscii(text) && !needsEncoding(text)) return text
  const words = text.split(' ')
  let from = words.findIndex(needsEncoding)
  let to = words.findLastIndex(needsEncoding)
  // More than one space beside an encoded-word would make its line too long.
  while (words[from - 1] === '') from -= 1
  while (words[to + 1] === '') to += 1
  const coded = encodeWords(words.slice(from, to + 1).join(' '))
  return [...words.slice(0, from), coded, ...words.slice(to + 1)].join(' ')
}

/** True for text beyond ASCII, and for text a reader would take for an encoded-word. */
const needsEncoding = (text: string): boolean => !isAscii(text) || text.includes('=?')

/**
 * Encodes all of a text as encoded-words of at most 75 characters, parted by spaces a reader drops. No character is
 * torn apart. Fit for phrases as well as unstructured text.
 *
 * @rfc 2047 2
 * @rfc 2047 5
 */
export function encodeWords(text: string): string {
  const octets = encodeUtf8(text)
  let longQ = 0
  for (const octet of octets) longQ += isPlainQ(octet) || octet === SP ? 1 : 3
  const q = longQ <= 2 * octets.length
  const room = ENCODED_WORD - PREFIX.length - 4
  const words: string[] = []
  let start = 0
  let size = 0
  for (let i = 0; i < text.length; ) {
    const width = isHighSurrogate(text.charCodeAt(i)) ? 2 : 1
    const cost = q ? encodeQ(encodeUtf8(text.slice(i, i + width))).length : encodeUtf8(text.slice(i, i + width)).length
    if (q ? size + cost > room : Math.ceil((size + cost) / 3) * 4 > room) {
      words.push(encodeWord(text.slice(start, i), q))
      start = i
      size = 0
    }
    size += cost
    i += width
  }
  words.push(encodeWord(text.slice(start), q))
  return words.join(' ')
}

function encodeWord(text: string, q: boolean): string {
  const octets = encodeUtf8(text)
  return `${PREFIX}${q ? 'q' : 'b'}?${q ? encodeQ(octets) : encodeBase64(octets)}?=`
}

function encodeQ(octets: Uint8Array): string {
  let coded = ''
  for (const octet of octets) {
    if (octet === SP) coded += '_'
    else if (isPlainQ(octet)) coded += String.fromCharCode(octet)
    else coded += `=${HEX[octet >> 4]}${HEX[octet & 15]}`
  }
  return coded
}

/** What a phrase lets stand for itself: the narrowest set. @rfc 2047 5 */
function isPlainQ(octet: number): boolean {
  return (
    (octet >= 0x61 && octet <= 0x7a) ||
    (octet >= 0x41 && octet <= 0x5a) ||
    (octet >= 0x30 && octet <= 0x39) ||
    '!*+-/'.includes(String.fromCharCode(octet))
  )
}

/** @rfc 4648 4 */
function encodeBase64(octets: Uint8Array): string {
  let coded = ''
  for (let i = 0; i < octets.length; i += 3) {
    const [a = 0, b, c] = octets.subarray(i, i + 3)
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    coded += `${BASE64[bits >> 18]}${BASE64[(bits >> 12) & 63]}`
    coded += `${b === undefined ? '=' : BASE64[(bits >> 6) & 63]}${c === undefined ? '=' : BASE64[bits & 63]}`
  }
  return coded
}

const ENCODED_WORD = 75
const PREFIX = '=?utf-8?'
const HEX = '0123456789ABCDEF'
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
