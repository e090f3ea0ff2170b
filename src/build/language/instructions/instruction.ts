import type { Checker } from '../checks/checker.ts';
import { checkDescription, checkFrom } from '../checks/file.ts';
import { messages } from '../checks/rules.ts';
import type { FromInstruction, Instruction } from '../contract.ts';
import { at, DockerfileError } from '../error.ts';
import type { RawInstruction } from '../parse/raw.ts';
import { withSuggestion } from '../text/suggest.ts';
import { parseAdd, parseCopy } from './copy.ts';
import { parseFrom } from './from.ts';
import { parseHealthcheck } from './healthcheck.ts';
import {
  parseCmd,
  parseEntrypoint,
  parseExpose,
  parseMaintainer,
  parseOnbuild,
  parseShell,
  parseStopsignal,
  parseUser,
  parseVolume,
  parseWorkdir,
} from './others.ts';
import { parseArg, parseEnv, parseLabel } from './pairs.ts';
import { parseRun } from './run.ts';

type Parser = (raw: RawInstruction, checker: Checker) => Instruction | FromInstruction;

const parsers: Readonly<Record<string, Parser>> = {
  add: parseAdd,
  arg(raw, checker) {
    const arg = parseArg(raw);
    checkDescription(raw, { word: 'ARG', names: arg.args.map(({ key }) => key) }, checker);
    return arg;
  },
  cmd: parseCmd,
  copy: parseCopy,
  entrypoint: parseEntrypoint,
  env: parseEnv,
  expose: parseExpose,
  from(raw, checker) {
    checkFrom(raw, checker);
    const from = parseFrom(raw);
    if (from.as !== undefined) checkDescription(raw, { word: 'FROM', names: [from.as.toLowerCase()] }, checker);
    return from;
  },
  healthcheck: parseHealthcheck,
  label: parseLabel,
  maintainer(raw, checker) {
    checker.report('MaintainerDeprecated', raw.ranges, messages.maintainer());
    return parseMaintainer(raw);
  },
  onbuild: parseOnbuild,
  run: parseRun,
  shell: parseShell,
  stopsignal: parseStopsignal,
  user: parseUser,
  volume: parseVolume,
  workdir: parseWorkdir,
};

/** What an instruction's words mean; a DockerfileError where they mean nothing. */
export function parseInstruction(raw: RawInstruction, checker: Checker): Instruction | FromInstruction {
  return at(raw.ranges, () => {
    const name = raw.word.toLowerCase();
    const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
    if (parse) return Object.freeze(parse(raw, checker.under(raw.comments)));
    const known = Object.keys(parsers).map((word) => word.toUpperCase());
    const message = `unknown instruction: ${raw.word}`;
    throw new DockerfileError(withSuggestion(message, raw.word, known, { sameCase: false }));
  });
}
