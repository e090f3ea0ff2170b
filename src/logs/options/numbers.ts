import { EngineError, noTruth, truthOf } from '../../kit/index.ts';

const refuse = (words: string): EngineError => new EngineError('invalid', words);

/** As Go's strconv.ParseBool, with its words. */
export function parseBool(text: string): boolean {
  const truth = truthOf(text);
  if (truth === undefined) throw refuse(noTruth(text));
  return truth;
}

/** As Go's strconv.Atoi. */
export function parseInteger(text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  const fault = /^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  throw refuse(`strconv.Atoi: parsing ${JSON.stringify(text)}: ${fault}`);
}

/** As Go's strconv.ParseUint with so many bits, up to 32. */
export function parseUnsigned(text: string, bits: number): number {
  const fault = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) >= 2 ** bits ? 'value out of range' : '';
  if (fault !== '') throw refuse(`strconv.ParseUint: parsing ${JSON.stringify(text)}: ${fault}`);
  return Number(text);
}

const letters = ['k', 'm', 'g', 't', 'p'];

/** Bytes of `10m`, `1.5 GB`, `100`, by powers of `base` (1000 or 1024); Docker's words for what is no size. */
export function parseSize(text: string, base: 1000 | 1024): number {
  const last = Math.max(...[...'0123456789. '].map((sign) => text.lastIndexOf(sign)));
  if (last < 0) throw refuse(`invalid size: '${text}'`);
  const number = text.slice(0, text[last] === ' ' ? last : last + 1);
  const suffix = text.slice(last + 1);
  const size = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(number) ? Number(number) : Number.NaN;
  if (Number.isNaN(size)) throw refuse(`strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`);
  if (size < 0) throw refuse(`invalid size: '${text}'`);
  if (suffix === '' || /^b$/i.test(suffix)) return Math.trunc(size);
  const [, letter = ''] = /^([kmgtp])(?:b|ib)?$/i.exec(suffix) ?? [];
  if (letter === '') throw refuse(`invalid suffix: '${suffix.length > 3 ? suffix : suffix.toLowerCase()}'`);
  return Math.trunc(size * base ** (letters.indexOf(letter.toLowerCase()) + 1));
}
