import { randomInt } from 'node:crypto';
import { EngineError } from '../../kit/index.ts';

const adjectives = (
  'able agile amber ample apt astute azure balmy blithe bold brave bright brisk calm candid cheery chipper civil clear ' +
  'clever cosy crisp curious daring deft dreamy eager earnest easy elated elegant fair famed fearless festive fleet ' +
  'fluent fond frank fresh frosty gentle gifted glad gleaming golden graceful grand hale happy hardy hearty honest ' +
  'humble ideal jaunty jolly jovial keen kind lively loyal lucid lucky lunar mellow merry mighty modest mystic neat ' +
  'nimble noble patient peppy placid plucky polite prime proud quick quiet radiant rapid ready regal robust rosy rustic ' +
  'sage serene sharp shiny silent sleek smart snappy snug solar solid spry stable steady stellar stoic sturdy sunny ' +
  'supple sure swift tender thrifty tidy tranquil trusty upbeat valiant vivid warm wily wise witty zealous zesty'
).split(' ');

/** People of science and engineering. */
const people = (
  'abel agnesi ampere anning archimedes babbage banneker bardeen bell bohr boole bose boyle brahe brunel cantor carnot ' +
  'carson carver cauchy cavendish celsius chandra church clarke cohn copernicus coulomb cray curie dalton darwin davy ' +
  'descartes diesel dijkstra dirac doppler edison eratosthenes erdos euclid euler faraday fermat fermi feynman fibonacci ' +
  'fleming fourier franklin fresnel galileo galois galvani gauss germain gibbs goddard godel goodall hamilton harrison ' +
  'heaviside herschel hertz hilbert hooke hopper hoyle hubble huygens hypatia jacquard jenner joule kelvin kepler ' +
  'khayyam kirchhoff knuth kovalevskaya lagrange lamarr laplace lavoisier leavitt leibniz linnaeus lorentz lovelace ' +
  'maxwell meitner mendel mendeleev mercator mitchell morse napier nernst neumann newton nightingale noether ohm ' +
  'oppenheimer pascal pasteur pauli payne planck poincare ptolemy ramanujan ride riemann ritchie rubin rutherford sagan ' +
  'shannon somerville stevin stokes swan tesla thales thomson torricelli turing volta watt wegener wien wiles wren wu yalow'
).split(' ');

const pick = (words: string[]): string => words[randomInt(words.length)] ?? '';

/** A name like `brave_curie`; from the second attempt on with a digit, so that a crowded host finds a free one. */
export function generateName(attempt: number): string {
  return `${pick(adjectives)}_${pick(people)}${attempt > 0 ? randomInt(10 ** Math.min(attempt, 6)) : ''}`;
}

/** Refuses in Docker's words what is no name; a leading slash belongs to Docker's own spelling and is let through. */
export function checkName(name: string): void {
  if (/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return;
  throw new EngineError('invalid', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

/** The error of a name that another container has, in Docker's words. */
export function nameConflict(name: string, id: string): EngineError {
  return new EngineError(
    'conflict',
    `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}
