/** Global ids as GraphQL hands them out: opaque for clients, readable for the sandbox. */

const PREFIX: Readonly<Record<string, string>> = { Repository: 'R', User: 'U', Deployment: 'DE', WorkflowRun: 'WFR', Environment: 'EN' };

export function nodeId(type: string, key: string | number): string {
  return `${PREFIX[type] ?? type.replace(/[a-z]/g, '')}_${Buffer.from(`${type}:${key}`).toString('base64url')}`;
}

/** What an id stands for; `null` when the sandbox never gave it out. */
export function readNodeId(id: string): { type: string; key: string } | null {
  const text = Buffer.from(id.slice(id.indexOf('_') + 1), 'base64url').toString('utf8');
  const [, type, key] = /^([A-Za-z]+):(.+)$/.exec(text) ?? [];
  return type === undefined || key === undefined || nodeId(type, key) !== id ? null : { type, key };
}
