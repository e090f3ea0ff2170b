import { filters, get, type Probe } from './probe.ts';

const versions = [
  '1.24',
  '1.27',
  '1.30',
  '1.39',
  '1.40',
  '1.41',
  '1.42',
  '1.43',
  '1.44',
  '1.45',
  '1.46',
  '1.47',
  '1.48',
  '1.49',
  '1.50',
];

const own = (name: string) => filters({ name: [name] });
const image = filters({ reference: ['{image}'] });

/** What there is, as clients of ten years expect to read it. */
export const shapes: Probe[] = versions.flatMap((version) => [
  get(`/v${version}/containers/{run}/json`),
  get(`/v${version}/containers/{made}/json?size=1`),
  get(`/v${version}/containers/json?all=1&size=1&${own('^/{run}$')}`),
  get(`/v${version}/containers/json?all=1&${own('^/{done}$')}`),
  get(`/v${version}/images/json?${image}`),
  get(`/v${version}/images/{image}/json`),
  get(`/v${version}/images/{image}/history`),
  get(`/v${version}/networks?${own('{net}')}`),
  get(`/v${version}/networks/{net}`),
  get(`/v${version}/volumes?${own('{vol}')}`),
  get(`/v${version}/volumes/{vol}`),
  get(`/v${version}/version`, { except: ['Components'] }),
]);
