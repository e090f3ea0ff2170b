import type { ContainerUpdateRequest } from '../types.ts';
import { decodeBody } from './body.ts';
import { resources, restartPolicy } from './host-config.ts';
import { struct } from './schema.ts';

const containerUpdate = struct('container.UpdateConfig', { ...resources, RestartPolicy: restartPolicy });

/** An update; `KernelMemory` is of API versions before 1.42. */
export type ContainerUpdateBody = ContainerUpdateRequest & { KernelMemory?: number };

/** The body of `POST /containers/{name}/update`; may be empty. */
export const decodeContainerUpdate = (text: string): ContainerUpdateBody =>
  text === '' ? {} : decodeBody<ContainerUpdateBody>(containerUpdate, text, 'UpdateConfig');
