/**
 * What discovery proposes for a module: a binding with a small, fixed document schema
 * (flow-protocol sheet 3.7, 3.8).
 */

/** One binding of the `discovered` response. */
export interface DiscoveredBinding {
  readonly recommendedName: string;
  readonly resourceConfig: {readonly name: string; readonly interval: string; readonly schedule: string};
  readonly documentSchema: object;
  readonly key: readonly string[];
  readonly resourcePath: readonly string[];
}

/** A module as discovery sees it. */
export interface DiscoveredModule {
  /** API name. */
  readonly name: string;
  /**
   * Whether it has no `Modified_Time`: it is then captured completely each time, as a snapshot
   * (design 5.7).
   */
  readonly snapshot?: boolean | undefined;
}

/** Keys of the collections of records, and of snapshots. */
export const recordKey = '/id';
export const snapshotKey = '/_meta/row_id';

/**
 * The bindings of these modules, each once, sorted by name in byte order: the same modules give the
 * same bytes.
 */
export function discoveredBindings(modules: Iterable<DiscoveredModule>): DiscoveredBinding[] {
  const named = new Map([...modules].map((module) => [module.name, module]));
  return [...named.values()].sort(byBytes).map(({name, snapshot = false}) => ({
    recommendedName: name,
    resourceConfig: {name, interval: 'PT5M', schedule: '55 23 * * *'},
    documentSchema: snapshot ? snapshotSchema(name) : documentSchema(name),
    key: [snapshot ? snapshotKey : recordKey],
    resourcePath: [name],
  }));
}

/**
 * Why a collection with this key cannot hold what is captured of a module, as text for users;
 * undefined when it can. A missing key fits any module.
 */
export function keyFault({name, snapshot = false}: DiscoveredModule, key: readonly string[]): string | undefined {
  const isSnapshot = isSnapshotKey(key);
  if (key.length === 0 || isSnapshot === snapshot) return undefined;
  const anew = 'discover it anew, and let its collection be created anew with the key';
  return snapshot
    ? `module ${name} has no Modified_Time, so it is captured as a snapshot, and its collection has the key ${key.join(', ')}: ${anew} ${snapshotKey}`
    : `module ${name} has a Modified_Time, so its records are captured as they change, and its collection has the key ${snapshotKey}: ${anew} ${recordKey}`;
}

/** Whether a collection with this key holds a snapshot. */
export function isSnapshotKey(key: readonly string[]): boolean {
  return key.length === 1 && key[0] === snapshotKey;
}

function byBytes(a: DiscoveredModule, b: DiscoveredModule): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}

const connectorSchema = 'flow://connector-schema';

/**
 * A write schema that auto-discovery manages: it replaces the definition with what the connector
 * discovers. It leaves a schema without one alone (flow-protocol sheet 9).
 */
export function managedSchema(discovered: object): object {
  return {$defs: {[connectorSchema]: {$id: connectorSchema, ...discovered}}, $ref: connectorSchema};
}

/**
 * The same schema for every module except for its title: Flow infers the fields and learns them
 * from `sourcedSchema`. Documents merge by property, and one with `_meta.op` `d` deletes. The
 * condition requires `_meta` and `op`; otherwise a document without them would delete, too.
 */
export function documentSchema(title: string): object {
  return {
    type: 'object',
    title,
    required: ['Modified_Time', 'id'],
    properties: {
      _meta: {
        type: 'object',
        title: 'Meta',
        description: 'What happened to the record, and its place in the capture.',
        properties: {
          op: {
            type: 'string',
            title: 'Op',
            description: 'Kind of change: u for a record that was created or updated, d for one that was deleted.',
            enum: ['c', 'u', 'd'],
            default: 'u',
          },
          row_id: {
            type: 'integer',
            title: 'Row Id',
            description: 'Position of the document in a snapshot; documents of Zoho CRM have none.',
            default: -1,
          },
        },
      },
      Modified_Time: {type: 'string', title: 'Modified Time', format: 'date-time'},
      id: {type: 'integer', title: 'Id'},
    },
    ...reducedBy('merge'),
  };
}

/**
 * The schema of a module that is captured as a snapshot. Rows are numbered; a row replaces the
 * previous one with its number, and one with `_meta.op` `d` deletes it.
 */
export function snapshotSchema(title: string): object {
  return {
    type: 'object',
    title,
    required: ['_meta'],
    properties: {
      _meta: {
        type: 'object',
        title: 'Meta',
        description: 'What happened to the row, and its number.',
        required: ['op', 'row_id'],
        properties: {
          op: {
            type: 'string',
            title: 'Op',
            description:
              'Kind of change: c for a row with a new number, u for one in the place of another, d for a number left over.',
            enum: ['c', 'u', 'd'],
            default: 'u',
          },
          row_id: {
            type: 'integer',
            title: 'Row Id',
            description: 'Number of the row in the snapshot, from zero.',
            minimum: 0,
          },
        },
      },
    },
    ...reducedBy('lastWriteWins'),
  };
}

/**
 * How documents of one key are reduced: by the strategy, and to nothing by a deletion. Other
 * properties are inferred.
 */
function reducedBy(strategy: 'merge' | 'lastWriteWins'): object {
  return {
    additionalProperties: true,
    'x-infer-schema': true,
    if: {
      required: ['_meta'],
      properties: {_meta: {required: ['op'], properties: {op: {const: 'd'}}}},
    },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {reduce: {strategy, delete: true}},
    else: {reduce: {strategy}},
  };
}
