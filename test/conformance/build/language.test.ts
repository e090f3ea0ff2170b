import { describe, expect, test } from 'bun:test';
import { readCases } from './cases.ts';
import { evaluateCase } from './evaluate-case.ts';

/** What only comes out when steps are done. */
const ofSteps =
  /^ERROR: failed to solve: (?:process |failed to |secret |mount |invalid |unable |cannot copy to |no active |open |mkdir |too many links|unset ssh )/m;

describe('Dockerfiles as a real Docker read them', () => {
  for (const one of readCases()) {
    test(one.name, async () => {
      const { check, error, image } = await evaluateCase(one);
      expect(check ?? '').toBe(one.expected.check ?? '');
      if (error === undefined && ofSteps.test(one.expected.error ?? '')) return;
      expect(error ?? '').toBe(one.expected.error ?? '');
      expect(image ?? '').toBe(one.expected.image ?? '');
    });
  }
});
