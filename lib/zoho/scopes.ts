/** The scopes that the connector's refresh token needs (zoho-api sheet 1.4). Pure. */

/** Every needed scope, and its purpose. */
export const scopesNeeded = {
  bulk: 'ZohoCRM.bulk.READ',
  coql: 'ZohoCRM.coql.READ',
  records: 'ZohoCRM.modules.READ',
  modules: 'ZohoCRM.settings.modules.READ',
  fields: 'ZohoCRM.settings.fields.READ',
} as const;

/** The list of scopes in a token answer. */
export function parseScopes(text: string): string[] {
  return text.match(/[^\s,]+/g) ?? [];
}

/**
 * Whether one of the granted scopes covers the needed one: `READ` or `ALL`, at the same level or
 * above it (`ZohoCRM.settings.ALL`). A narrower one (`ZohoCRM.modules.leads.READ`) covers some
 * modules, and counts.
 */
export function covers(granted: readonly string[], needed: string): boolean {
  const [path] = split(needed);
  return granted.some((scope) => {
    const [place, operation] = split(scope);
    return /^(read|all)$/.test(operation) && (`${path}.`.startsWith(`${place}.`) || place.startsWith(`${path}.`));
  });
}

export function missingScopes(granted: readonly string[]): string[] {
  return Object.values(scopesNeeded).filter((scope) => !covers(granted, scope));
}

function split(scope: string): [path: string, operation: string] {
  const lower = scope.toLowerCase();
  const dot = lower.lastIndexOf('.');
  return [lower.slice(0, Math.max(0, dot)), lower.slice(dot + 1)];
}
