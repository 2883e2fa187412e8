/** The control that a measurement must reject: the right number of documents, all empty. */
import type {Task} from '../task.ts';

export async function broken({page}: Task): Promise<number> {
  for (let row = 0; row < page.rows; row++) process.stdout.write('{"captured":{"binding":0,"doc":{}}}\n');
  return page.rows;
}
