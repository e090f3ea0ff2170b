import { readFileSync, writeFileSync } from 'node:fs';
import { EngineError, messageOf } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { etcFiles } from '../life/start/etc-files.ts';
import { findAlias, resolve } from '../lookup.ts';
import { type ContainerRow, changeRow, findRow, rowsOf } from '../row.ts';
import type { Link } from './contract.ts';
import { linkEnv } from './link-env.ts';

/** The links of a container as `inspect` shows them: `/child:/parent/alias`; null without any. */
export function linkViews(context: Context, row: ContainerRow): string[] | null {
  if (!row.links?.length) return null;
  return row.links.map((link) => `/${nameNow(context, link)}:/${row.name}/${link.alias}`);
}

function nameNow(context: Context, { child, name }: Link): string {
  return findRow(context.store, child)?.name ?? name;
}

/** The names by which others are linked to containers, by the containers' ids: `/parent/alias`, sorted. */
export function linkNames(rows: ContainerRow[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, links = [] } of rows) {
    for (const { child, alias } of links)
      names.set(child, [...(names.get(child) ?? []), `/${name}/${alias}`].toSorted());
  }
  return names;
}

/** What links mean for a start on the default bridge; the children must run on it, too. */
export function joinLinks(context: Context, row: ContainerRow): { hosts: string[]; env: string[] } {
  const links = onBridge(row) ? (row.links ?? []) : [];
  const joined = links.map((link) => {
    const child = findRow(context.store, link.child);
    if (!child || !context.runs.has(link.child)) {
      const name = `/${row.name}/${link.alias}`;
      throw new EngineError(
        'internal',
        `Cannot link to a non running container: /${nameNow(context, link)} AS ${name}`,
      );
    }
    const address = addressOf(child);
    if (!address) {
      throw new EngineError('internal', `container ${child.id} not attached to default bridge network`);
    }
    return { link, child, address };
  });
  return {
    hosts: joined.map(({ link, child, address }) => `${hostNames(link, child)}:${address}`),
    env: joined.flatMap(({ link, child, address }) => envOf(row, link, child, address)),
  };
}

/** The variables of those children that run, for one more process in the container. */
export function presentLinkEnv(context: Context, row: ContainerRow): string[] {
  return (onBridge(row) ? (row.links ?? []) : []).flatMap((link) => {
    const child = context.runs.has(link.child) ? findRow(context.store, link.child) : undefined;
    const address = child && addressOf(child);
    return address ? envOf(row, link, child, address) : [];
  });
}

const onBridge = ({ hostConfig }: ContainerRow): boolean =>
  ['bridge', 'default', ''].includes(hostConfig.NetworkMode ?? '');

const addressOf = (child: ContainerRow): string | undefined => child.networks.bridge?.IPAddress;

/** The alias, the child's host name, and its own name where that is another. */
function hostNames({ alias }: Link, { config, name }: ContainerRow): string {
  return [alias, config.Hostname ?? '', ...(name === alias ? [] : [name ?? ''])].join(' ');
}

function envOf(row: ContainerRow, { alias }: Link, { config }: ContainerRow, address: string): string[] {
  const ports = Object.keys(config.ExposedPorts ?? {});
  return linkEnv({ name: `/${row.name}/${alias}`, address, ports, env: config.Env ?? [] });
}

/**
 * A child has a new address since its start: those that are linked to it and run find it under that. For after the start; it fails
 * for nobody.
 */
export function tellParents(context: Context, child: ContainerRow): void {
  const address = addressOf(child);
  if (!address || context.closing) return;
  try {
    for (const { owner } of context.store.view((tx) => tx.refs.ownersOf(`container:${child.id}`))) {
      const parent = findRow(context.store, owner.slice('container:'.length));
      if (parent && context.runs.has(parent.id)) tellParent(context, parent, child, address);
    }
  } catch (error) {
    context.log.error('a container could not be found by its links', { id: child.id, error: messageOf(error) });
  }
}

function tellParent(context: Context, parent: ContainerRow, child: ContainerRow, address: string): void {
  const aliases = (parent.links ?? []).filter((link) => link.child === child.id).map(({ alias }) => alias);
  rewriteHosts(etcFiles(context, parent).hosts, aliases, address);
}

/** In place: the file is mounted in the container. */
function rewriteHosts(path: string, aliases: string[], address: string): void {
  const before = readFileSync(path, 'utf8');
  const after = before.replace(/^\S+\t(\S+)(.*)$/gm, (line, name: string, rest: string) =>
    aliases.includes(name) ? `${address}\t${name}${rest}` : line,
  );
  if (after !== before) writeFileSync(path, after);
}

/** `rm --link /parent/alias`: the parent knows the child by that name no longer; what runs keeps what it was told. */
export function removeLink(context: Context, reference: string): void {
  const found = context.store.view((tx) => findAlias(rowsOf(tx), reference));
  if (!found) {
    resolve(context.store, reference);
    throw new EngineError('internal', 'Conflict, cannot remove the default link name of the container');
  }
  const { parent, link } = found;
  const links = (parent.links ?? []).filter((other) => other !== link);
  changeRow(context.store, parent.id, { links }, (tx) => {
    if (!links.some(({ child }) => child === link.child)) {
      tx.refs.remove(`container:${parent.id}`, `container:${link.child}`);
    }
  });
}
