import { filters, get, type Probe, post, remove } from './probe.ts';

const arm = `platform=${encodeURIComponent('{"os":"linux","architecture":"arm64"}')}`;

/** Images. */
export const images: Probe[] = [
  get(`/images/{image}/json?${arm}`),
  get(`/v1.48/images/{image}/json?${arm}`),
  get(`/images/{image}/json?manifests=1&${arm}`),
  get('/images/{image}/json?platform=x'),
  get('/images/{image}/json?platform={}'),
  get(`/images/{image}/history?${arm}`),
  remove(`/images/{image}?${arm.replace('platform', 'platforms')}`),
  get(`/images/json?${filters({ foo: ['a'] })}`),
  get(`/images/json?${filters('x')}`),
  get(`/images/json?${filters({ reference: ['{image}'] })}`),
  get('/images/{image}/json'),
  get('/images/{image}/history'),
  get('/images/api-nosuch/json'),
  get('/images/api-nosuch/history'),
  remove('/images/api-nosuch'),
  post('/images/api-nosuch/tag?repo=a&tag=b'),
  post('/images/{image}/tag?repo=UPPER'),
  post('/images/{image}/tag?repo=a&tag=!!'),
  post('/images/{image}/tag?repo=sha256&tag=a'),
  get(`/images/{image}/get?${arm}&${arm}`),
  post(`/images/load?${arm}&${arm}`, '', { type: 'application/x-tar' }),
  ...['%20', '/', 'macos', 'nintendo64', 'linux/', 'a/b/c/d'].map((platform) =>
    post(`/images/create?fromSrc=-&repo=api-platform&platform=${platform}`, '', { type: 'application/x-tar' }),
  ),
  post('/images/load', 'foo', { type: 'application/x-tar' }),
  post('/images/create?fromSrc=-&repo=UPPER', 'foo', { type: 'application/x-tar' }),
];
