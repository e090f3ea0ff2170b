import type { CheckOptions, Range, Warning } from '../contract.ts';
import { DockerfileError } from '../error.ts';
import { directiveReader } from '../parse/directives.ts';
import { mergeCheckOptions, parseCheckOptions } from './options.ts';
import { type Rule, type RuleName, rules } from './rules.ts';

export interface Checker {
  /** Notes a finding, unless its rule is skipped. */
  report(rule: RuleName, ranges: readonly Range[], message: string): void;
  /** The same, with what the comments above an instruction say of checks. */
  under(comments: readonly string[]): Checker;
}

/** Hands findings on that the options let through. */
export function createChecker(options: CheckOptions, found: (warning: Warning) => void): Checker {
  return {
    report(name, ranges, message) {
      const rule: Rule = rules[name];
      const wanted = rule.experimental ? names(options.experimental, name) : !names(options.skip, name);
      if (!wanted) return;
      const url = rule.page === undefined ? '' : `https://docs.docker.com/go/dockerfile/rule/${rule.page}/`;
      found({ rule: name, description: rule.description, url, message, ranges });
    },
    under(comments) {
      const more = ofComments(comments);
      return more ? createChecker(mergeCheckOptions(options, more), found) : this;
    },
  };
}

/** Refuses, if the options say so, a file with findings. */
export function refuseFindings(options: CheckOptions, warnings: readonly Warning[]): void {
  if (!options.error || warnings.length === 0) return;
  const names = [...new Set(warnings.map(({ rule }) => rule))];
  throw new DockerfileError(`lint violation found for rules: ${names.join(', ')}`);
}

function names(list: readonly string[] | 'all', rule: string): boolean {
  return list === 'all' || list.includes(rule);
}

function ofComments(comments: readonly string[]): CheckOptions | undefined {
  for (const comment of comments) {
    const directive = directiveReader('')(comment);
    if (directive?.name !== 'check') continue;
    try {
      return parseCheckOptions(directive.value.split(' ')[0] ?? '');
    } catch (error) {
      if (error instanceof DockerfileError) return undefined;
      throw error;
    }
  }
  return undefined;
}
