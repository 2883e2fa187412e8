/** A module as COQL sees it. */
import type {Column, Range, Table, TableRecord} from './coql/table.ts';
import type {OrgModule} from './module.ts';
import type {PointInTime} from './point-in-time.ts';

/** The records of `module` visible at a moment, for one query. */
export function tableOf(module: OrgModule, moment: PointInTime): Table {
  return {
    name: module.name,
    columns: columnsOf(module),
    related(column) {
      const target = module.columns.target(column);
      return target && tableOf(target, moment);
    },
    scan({fromS = Number.NEGATIVE_INFINITY, toS = Number.POSITIVE_INFINITY, after}: Range): Iterable<TableRecord> {
      if (after && after.modifiedS >= fromS) return module.between(after.modifiedS, toS, after.id, moment);
      return module.between(fromS, toS, undefined, moment);
    },
    *byIds(ids) {
      for (const id of ids) {
        const index = module.layout.indexOf(id);
        const record = index === undefined ? undefined : module.at(index, moment);
        if (record) yield record;
      }
    },
  };
}

function columnsOf(module: OrgModule): ReadonlyMap<string, Column> {
  const id: Column = {dataType: 'bigint', jsonType: 'string', dynamic: false, selectable: true, filterable: true};
  const columns = new Map<string, Column>([['id', id]]);
  for (const field of module.fields) {
    const {name, dataType, jsonType, returnType, dynamic = false, filterable} = field;
    const selectable = module.readable(field, 'coql');
    columns.set(name, {
      dataType,
      jsonType,
      dynamic,
      selectable,
      filterable: selectable && filterable,
      ...(returnType && {returnType}),
    });
  }
  return columns;
}
