/** Fields cut into slices: what one query or job can ask for. Pure. */

/** Fields that identify a version of a record; part of every slice. */
export const keyFields = ['id', 'Modified_Time'];

/** Cuts names into slices of `columnsMax` columns, the key fields included; at least one slice. */
export function cutSlices(names: readonly string[], columnsMax: number): string[][] {
  const room = columnsMax - keyFields.length;
  const slices: string[][] = [];
  for (let i = 0; i < names.length; i += room) slices.push([...keyFields, ...names.slice(i, i + room)]);
  return slices.length > 0 ? slices : [keyFields];
}
