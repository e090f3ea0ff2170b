import { expect, test } from 'bun:test';
import { frame } from '../../api/index.ts';
import { formatDetails, parseLine } from './entry.ts';
import { fixedTime, fixedTimeOf } from './time.ts';
import { createTranscoder, type TranscoderOptions } from './transcode.ts';

const both = { framed: false, stdout: true, stderr: true };

function convert(text: string | Buffer, options: Partial<TranscoderOptions> = {}): Buffer {
  return Buffer.concat(createTranscoder({ ...both, ...options }).convert(Buffer.from(text)));
}

const said = (text: string | Buffer, options: Partial<TranscoderOptions> = {}) => convert(text, options).toString();

/** The same by parsing each line. */
function parsed(text: string | Buffer, options: Partial<TranscoderOptions>): Buffer {
  const { framed, stdout, stderr, timestamps, details } = { ...both, ...options };
  const pieces = Buffer.from(text)
    .toString('latin1')
    .split('\n')
    .map((line) => parseLine(Buffer.from(line, 'latin1')))
    .filter((entry) => entry !== undefined)
    .filter(({ stream }) => (stream === 'stdout' ? stdout : stderr))
    .map(({ stream, time, line, attrs }) => {
      const prefix = (timestamps ? `${fixedTime(time)} ` : '') + (details ? `${formatDetails(attrs)} ` : '');
      const bytes = Buffer.concat([Buffer.from(prefix), line]);
      return framed ? frame(stream, bytes) : bytes;
    });
  return Buffer.concat(pieces);
}

const entry = (log: string, rest = '"stream":"stdout","time":"2026-01-02T03:04:05.6Z"') =>
  `{"log":${JSON.stringify(log)},${rest}}\n`;

const attrs = '"stream":"stderr","attrs":{"l":"x,y","FOO":"b c"},"time":"2026-01-02T03:04:05.123456789Z"';

const samples = [
  entry('hi\n'),
  entry(''),
  entry('"quoted" \\ / \b\f\n\r\t \u0001 \u007f ü € 😀 \u2028\n'),
  entry('no end', '"stream":"stderr","time":"2026-01-02T03:04:05Z"'),
  entry('kept\n', attrs),
  '{"log":"\\u00e9\\u20ac\\u003c\\ufffd\\ud83d\\ude00\\/","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}\n',
  '{"log":"lone \\ud83d","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}\n',
  '{"stream":"stdout","log":"another order\\n","time":"2026-01-02T03:04:05.6Z"}\n',
  '{"log":"with blanks\\n", "stream": "stdout", "time": "2026-01-02T03:04:05.6Z"}\n',
  '{"log":"bad escape \\x","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}\n',
  '{"log":"bad hex \\u00g0","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}\n',
  '{"log":"no stream","stream":"stdin","time":"2026-01-02T03:04:05.6Z"}\n',
  '{"log":"no time","stream":"stdout"}\n',
  `{"log":"torn${entry('after a torn one\n')}`,
  '{"log":"\n',
  '{"log":"\\\n',
  '{"log":"\\u12\n',
  'no json\n',
  '\n',
  '"}\n',
  ',"time":"Z"}\n',
  '{"log":",\\"stream\\":\\"stdout\\",\\"time\\":\\"Z\\"}","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}\n',
];

const forms: Partial<TranscoderOptions>[] = [true, false].flatMap((framed) =>
  [true, false].flatMap((timestamps) => [true, false].map((details) => ({ framed, timestamps, details }))),
);

test.each(forms)('every line comes out as a parser has it: %j', (form) => {
  for (const sample of samples) expect([sample, convert(sample, form)]).toEqual([sample, parsed(sample, form)]);
  expect(convert(samples.join(''), form)).toEqual(parsed(samples.join(''), form));
  for (const streams of [{ stdout: false }, { stderr: false }]) {
    const options = { ...form, ...streams };
    expect(convert(samples.join(''), options)).toEqual(parsed(samples.join(''), options));
  }
});

test('whatever bytes are damaged, the rest comes out as a parser has it', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  // What attributes say is only looked at when somebody asks for them.
  const whole = Buffer.from(samples.filter((sample) => !sample.includes('attrs')).join(''));
  for (let round = 0; round < 3000; round++) {
    const damaged = Buffer.from(whole.subarray(random(whole.length)));
    for (let count = 0; count < 3; count++) damaged[random(damaged.length)] = random(2) ? random(128) : 0x22;
    const text = Buffer.concat([damaged, Buffer.from('\n')]);
    expect([text.toString(), said(text)]).toEqual([text.toString(), parsed(text, {}).toString()]);
  }
});

test('times and details stand before a line as Docker writes them', () => {
  expect(said(entry('hi\n'))).toBe('hi\n');
  expect(said(entry('hi\n'), { timestamps: true })).toBe('2026-01-02T03:04:05.600000000Z hi\n');
  expect(said(entry('hi\n'), { timestamps: true, details: true })).toBe('2026-01-02T03:04:05.600000000Z  hi\n');
  expect(said(entry('hi\n', attrs), { details: true })).toBe('FOO=b+c,l=x%2Cy hi\n');
  expect(said(entry('hi\n', attrs), { timestamps: true })).toBe('2026-01-02T03:04:05.123456789Z hi\n');
});

const at = (time: string) => entry(`${time}\n`, `"stream":"stdout","time":"${time}"`);

test('since and until, and the end that a later line makes', () => {
  const times = ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000001Z', '2026-01-02T03:04:05.1Z'];
  const text = times.map(at).join('');
  const second = BigInt(Date.parse('2026-01-02T03:04:05Z')) * 1_000_000n;
  expect(said(text, { since: second + 1n })).toBe(`${times[1]}\n${times[2]}\n`);
  expect(said(text, { until: second })).toBe(`${times[0]}\n`);
  const transcoder = createTranscoder({ ...both, until: second + 1n });
  expect(Buffer.concat(transcoder.convert(Buffer.from(text))).toString()).toBe(`${times[0]}\n${times[1]}\n`);
  expect(transcoder.over).toBe(true);
  expect(transcoder.convert(Buffer.from(text))).toEqual([]);
  expect(said(text, { since: -5n, until: 1n << 70n })).toHaveLength(said(text).length);
});

test('moments as texts that sort', () => {
  expect([0n, 1n, -1n, new Date(1500), 1n << 80n, -(1n << 80n)].map(fixedTimeOf)).toEqual([
    '1970-01-01T00:00:00.000000000Z',
    '1970-01-01T00:00:00.000000001Z',
    '1969-12-31T23:59:59.999999999Z',
    '1970-01-01T00:00:01.500000000Z',
    '9999-12-31T23:59:59.999999999Z',
    '0000-01-01T00:00:00.000000000Z',
  ]);
});
