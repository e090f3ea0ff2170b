import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { type Attributes, messageOf, type Tracer } from '../../kit/index.ts';
import { readTraceparent, type TraceContext } from './traceparent.ts';

/** A piece of work that is done. Times in nanoseconds since the epoch. */
export interface Span {
  name: string;
  kind: 'server' | 'internal';
  context: TraceContext;
  /** The span it is part of; absent for one that is part of nothing. */
  parentId?: string;
  start: bigint;
  end: bigint;
  attributes: Attributes;
  /** Why it failed. */
  error?: string;
}

/** A tracer that tells every listener of each span at its end. */
export function createTracer(listeners: ((span: Span) => void)[]): Tracer {
  const present = new AsyncLocalStorage<TraceContext>();
  const trace = <T>(begun: Begun, work: () => T): T => {
    const start = now();
    const done = (error?: string) => {
      const span: Span = { ...begun, start, end: now(), ...(error !== undefined && { error }) };
      for (const listener of listeners) listener(span);
    };
    return present.run(begun.context, () => finishing(work, done));
  };
  return {
    span(name, work, attributes = {}) {
      return trace({ ...under(present.getStore()), name, kind: 'internal', attributes }, work);
    },
    request(name, parent, work) {
      return trace({ ...under(readTraceparent(parent)), name, kind: 'server', attributes: {} }, work);
    },
  };
}

type Begun = Omit<Span, 'start' | 'end' | 'error'>;

function under(parent: TraceContext | undefined): Pick<Span, 'context' | 'parentId'> {
  const spanId = randomBytes(8).toString('hex');
  if (parent) return { context: { ...parent, spanId }, parentId: parent.spanId };
  return { context: { traceId: randomBytes(16).toString('hex'), spanId, sampled: true } };
}

function finishing<T>(work: () => T, done: (error?: string) => void): T {
  let result: T;
  try {
    result = work();
  } catch (error) {
    done(messageOf(error));
    throw error;
  }
  if (!(result instanceof Promise)) {
    done();
    return result;
  }
  return result.then(
    (value) => {
      done();
      return value;
    },
    (error: unknown) => {
      done(messageOf(error));
      throw error;
    },
  ) as T;
}

/** The clock that does not jump, from where the other stood when the program began. */
const now = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
