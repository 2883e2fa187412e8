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

/**
 * The bindings of the modules with these API names, sorted by name in byte order, so the same
 * modules give the same bytes.
 */
export function discoveredBindings(modules: Iterable<string>): DiscoveredBinding[] {
  return [...new Set(modules)].sort(byBytes).map((name) => ({
    recommendedName: name,
    resourceConfig: {name, interval: 'PT5M', schedule: '55 23 * * *'},
    documentSchema: documentSchema(name),
    key: ['/id'],
    resourcePath: [name],
  }));
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
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
    additionalProperties: true,
    'x-infer-schema': true,
    if: {
      required: ['_meta'],
      properties: {_meta: {required: ['op'], properties: {op: {const: 'd'}}}},
    },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {reduce: {strategy: 'merge', delete: true}},
    else: {reduce: {strategy: 'merge'}},
  };
}
