/**
 * Texts for people are not mutated: their wording is held where it matters, and every changed word of a log line would be a mutant that means nothing.
 *
 * Prose is a text with a space in it, given to an error, to the log, to a check of a schema, or as its title or description; whatever else a call is given
 * is mutated.
 */
interface Node {
  readonly type: string;
  readonly start?: number;
  readonly value?: unknown;
  readonly quasis?: readonly {readonly value: {readonly raw: string}}[];
  readonly key?: {readonly name?: string};
  readonly callee?: {
    readonly property?: {readonly name?: string};
    readonly object?: {readonly name?: string};
    readonly name?: string;
  };
}

interface NodePath {
  readonly node: Node;
  readonly parentPath: NodePath | null;
}

export const prose = {
  shouldIgnore(path: unknown): string | undefined {
    const {node, parentPath} = path as NodePath;
    if (!isText(node)) return undefined;
    for (let above = parentPath; above !== null; above = above.parentPath) {
      if (isForPeople(above.node)) return 'a text for people';
      if (/Statement|Function/.test(above.node.type)) return undefined;
    }
    return undefined;
  },
};

function isText({type, value, quasis}: Node): boolean {
  if (type === 'StringLiteral') return String(value).includes(' ');
  return type === 'TemplateLiteral' && (quasis ?? []).some((quasi) => quasi.value.raw.includes(' '));
}

function isForPeople({type, callee, key}: Node): boolean {
  if (type === 'ObjectProperty') return key?.name === 'title' || key?.name === 'description';
  if (type === 'NewExpression') return /Error$|Lost$/.test(callee?.name ?? '');
  if (type !== 'CallExpression') return false;
  return /^(?:debug|info|warn|error|trace|log|must|check)$/.test(callee?.property?.name ?? callee?.name ?? '');
}

/** Leaves out all but one in so many expressions, of each file always the same: for an estimate when there is no time for all. */
export const sample = {
  shouldIgnore(path: unknown): string | undefined {
    const {node, parentPath} = path as NodePath;
    const one = Number(process.env.MUTANTS_SAMPLE ?? 1);
    const isWhole = !/Statement|Declaration|Declarator|Method|Property|Program|Function|Class/.test(node.type);
    if (one <= 1 || !isWhole || !/Statement|Declarator|Property|Arrow/.test(parentPath?.node.type ?? '')) return undefined;
    // A hash of the place, so that the sample is spread and the same for everyone.
    return (Math.imul((node.start ?? 0) + 1, 0x9e37_79b1) >>> 8) % one === 0 ? undefined : 'not in the sample';
  },
};
