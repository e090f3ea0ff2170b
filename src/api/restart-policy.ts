/** The engine's own restart policy: as `unless-stopped`, and a container that is found unhealthy is ended, to be started again. */
export const onUnhealthy = 'on-unhealthy';

/** What `HostConfig.RestartPolicy.Name` may be; to Docker's clients it is a text. */
export type RestartPolicyName = '' | 'no' | 'always' | 'on-failure' | 'unless-stopped' | typeof onUnhealthy;
