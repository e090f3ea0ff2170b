import type { Gravity, Symptom } from '../contract.ts';

/** The symptom, if it holds. */
export function symptom(holds: boolean, id: string, gravity: Gravity, text: string, mend: string): Symptom[] {
  return holds ? [{ id, gravity, text, mend }] : [];
}
