import { bodies } from './bodies.ts';
import { cluster } from './cluster.ts';
import { containers } from './containers.ts';
import { creations } from './create.ts';
import { execs } from './exec.ts';
import { front } from './front.ts';
import { images } from './images.ts';
import { life } from './life.ts';
import { logs } from './logs.ts';
import { networks } from './networks.ts';
import type { Probe } from './probe.ts';
import { system } from './system.ts';
import { shapes } from './versions.ts';
import { volumes } from './volumes.ts';

/** All probes; those of a subject are asked in their order. */
export const subjects: Record<string, Probe[]> = {
  front,
  system,
  cluster,
  bodies,
  creations,
  containers,
  shapes,
  logs,
  execs,
  life,
  images,
  volumes,
  networks,
};
