/** What a process writes in its second refresh, read from its output. */
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {ManyRecords} from './cases.ts';

export interface RefreshFigures {
  readonly documents: number;
  readonly bytes: number;
  /** From the checkpoint that begins the refresh to the one that ends it. */
  readonly wallS: number;
}

const beginning = '"is_connector_initiated":true';
const end = '"is_connector_initiated":false';

/**
 * Reads the output up to the end of the second refresh; undefined when the output ends earlier. Throws when the first one did not write
 * every record: the second would have nothing to compare with.
 */
export async function readSecondRefresh(output: Readable, {records}: ManyRecords): Promise<RefreshFigures | undefined> {
  let refreshes = 0;
  let [documents, bytes, beganMs] = [0, 0, 0];
  for await (const line of createInterface({input: output})) {
    if (line.startsWith('{"captured"')) {
      documents++;
      bytes += line.length + 1;
    } else if (!line.startsWith('{"checkpoint"')) continue;
    else if (line.includes(beginning)) {
      refreshes++;
      [documents, bytes, beganMs] = [0, 0, performance.now()];
    } else if (line.includes(end) && refreshes > 0) {
      if (refreshes === 2) return {documents, bytes, wallS: (performance.now() - beganMs) / 1_000};
      if (documents !== records)
        throw new Error(`Cannot measure the second refresh: the first wrote ${documents} of ${records} records`);
    }
  }
  return undefined;
}
