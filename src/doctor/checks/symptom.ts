import type { Symptom } from '../contract.ts';

/** The symptom, if it holds. */
export function symptom(holds: boolean, about: Symptom): Symptom[] {
  return holds ? [about] : [];
}
